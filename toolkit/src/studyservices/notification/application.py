"""The notification service as an ASGI application."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from studyruntime.events.building import build_consumer
from studyruntime.metrics import Metrics
from studyservices.assembly import Assembly
from studyservices.instruments import SOCKETS_OPEN
from studyservices.notification.desk import Desk
from studyservices.notification.feed import GROUP, Feed
from studyservices.notification.hint_thread import HintThread
from studyservices.notification.routes import router
from studyservices.notification.socket_route import router as socket_router
from studyservices.notification.sockets import Sockets
from studyservices.notification.store import NotificationStore
from studyservices.web import build_application


def build_notification(assembly: Assembly, metrics: Metrics) -> FastAPI:
    """The application over the parts of a process. It consumes events from its start to its end."""
    surroundings = assembly.surroundings
    store = NotificationStore(assembly.database)
    sockets = Sockets(lambda count: metrics.set(SOCKETS_OPEN, count))

    @asynccontextmanager
    async def feeding() -> AsyncIterator[None]:
        hints = HintThread(assembly.broker, sockets, asyncio.get_running_loop())
        # A group that is new begins with the oldest event: whoever was told nothing yet is told everything.
        consumer = build_consumer(surroundings.settings, assembly.broker, GROUP, start_at="oldest", metrics=metrics)
        consumer.subscribe_to_all_events(Feed(store, assembly.broker).handle)
        hints.start()
        await asyncio.to_thread(consumer.start)
        try:
            yield
        finally:
            await asyncio.to_thread(consumer.close)
            await asyncio.to_thread(hints.stop)

    return build_application(
        assembly,
        metrics,
        title="study notifications",
        routers=[router, socket_router],
        desk=Desk(store, sockets, assembly.signer, surroundings.options),
        lifespan=feeding,
    )
