"""The API as an ASGI application."""

from __future__ import annotations

from fastapi import FastAPI

from studyservices.api.desk import Desk
from studyservices.api.routes import router
from studyservices.assembly import Assembly
from studyservices.problems import install_problems


def build_api(assembly: Assembly) -> FastAPI:
    """The application over the parts of a process; nothing is connected yet."""
    surroundings = assembly.surroundings
    application = FastAPI(title="study", version=surroundings.settings.service.version)
    application.state.desk = Desk(
        library=assembly.library,
        removal=assembly.removal,
        storage=assembly.storage,
        passages=assembly.passages,
        signer=assembly.signer,
        options=surroundings.options,
        fault=surroundings.fault,
    )
    application.include_router(router)
    install_problems(application)
    return application
