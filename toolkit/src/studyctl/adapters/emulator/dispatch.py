"""Which part of moto answers a request, loaded and mended the first time it is needed.

moto's own dispatcher scans its folder and 150 expressions under one lock for every request, and imports a service
under that lock. This one remembers, loads outside of it, and lets requests to one service run one after the other:
moto's backends are plain dictionaries without locks.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, cast

from moto.core import responses as moto_responses
from moto.core.common_models import BaseModel
from moto.core.utils import method_names_from_class
from moto.moto_server.werkzeug_app import BackendRequest, DomainDispatcherApplication, create_backend_app
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from studyctl.adapters.emulator.extensions import registry

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment
    from flask import Flask
    from moto.core.responses import BaseResponse

# A long poll would make every other caller of the service wait.
UNSERIALISED = frozenset({"sqs"})

_WELL_KNOWN_PATHS = {"/moto-api": "moto_api", "/favicon.ico": "moto_api", "/latest/": "instance_metadata"}
_DEFAULT_HOST = "s3.us-east-1.amazonaws.com"


class NoSuchOperation(NotImplementedError):
    """Neither moto nor an extension has what was asked for."""


class Service:
    """One loaded service: its application and the lock its requests queue for."""

    def __init__(self, name: str, application: WSGIApplication) -> None:
        self.name = name
        self.application = application
        self._queue: contextlib.AbstractContextManager[Any] = (
            contextlib.nullcontext() if name in UNSERIALISED else threading.Lock()
        )

    def answer(self, environ: WSGIEnvironment) -> Response:
        """Run the request to its end.

        Raises:
            NotImplementedError: the operation does not exist here.
        """
        with self._queue:
            return Response.from_app(self.application, environ, buffered=True)

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Let requests wait while somebody else looks at the service's objects, or changes them."""
        with self._queue:
            yield


class Dispatcher:
    """Finds and loads services; safe to use from many threads."""

    def __init__(self) -> None:
        self._inference = DomainDispatcherApplication(create_backend_app)
        self._names: dict[str, str] = {}
        self._services: dict[str, Service] = {}
        # moto's services import each other in circles: one loads at a time
        self._loading = threading.Lock()
        _remember_method_names()
        _forget_what_is_gone()

    def service(self, environ: WSGIEnvironment) -> Service:
        """The service a request is for, loaded."""
        name = self._name(environ)
        return self._services.get(name) or self.load(name)

    @contextlib.contextmanager
    def exclusively(self, name: str) -> Iterator[None]:
        """Hold a service by moto's name for it, loaded and mended; at most one at a time."""
        with (self._services.get(name) or self.load(name)).held():
            yield

    def load(self, name: str) -> Service:
        """Load a service by moto's name for it, and mend it."""
        with self._loading:
            service = self._services.get(name)
            if service is None:
                service = self._services[name] = Service(name, _application(name))
            return service

    def _name(self, environ: WSGIEnvironment) -> str:
        path = environ.get("PATH_INFO", "/")
        for prefix, name in _WELL_KNOWN_PATHS.items():
            if path.startswith(prefix):
                return name
        host = self._inference.infer_service_region_host(environ, path) or _DEFAULT_HOST
        name = self._names.get(host, "")
        if not name:
            own = host.split(".", 1)[0]
            found = own if own in registry.SERVICES_MOTO_LACKS else self._inference.get_backend_for_host(host)
            if found is None:
                raise NoSuchOperation("moto has no such service")
            name = self._names[host] = str(found)
        return name


def _application(name: str) -> WSGIApplication:
    responses = registry.install(name)
    if responses is not None:
        return _own_application(responses)
    # the type moto wants is a union of 150 literals
    application: Flask = create_backend_app(cast("Any", name))
    for status in (404, 405):
        application.register_error_handler(status, _refuse_unrouted)
    return application


def _own_application(responses: type[BaseResponse]) -> WSGIApplication:
    """Serve a service that moto lacks with the response class of its extension."""

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        status, headers, body = responses.dispatch(BackendRequest(environ))
        return Response(body, status=status, headers=headers)(environ, start_response)

    return application


def _refuse_unrouted(error: HTTPException) -> HTTPException:
    raise NoSuchOperation("moto has no such route") from error


def _remember_method_names() -> None:
    """moto lists the methods of a response class anew for every request: 3 ms for EC2."""
    known: dict[object, frozenset[str]] = {}

    def method_names(response_class: object) -> frozenset[str]:
        names = known.get(response_class)
        if names is None:
            names = known[response_class] = frozenset(method_names_from_class(response_class))
        return names

    registry.put(moto_responses, "method_names_from_class", method_names)


def _forget_what_is_gone() -> None:
    """moto keeps every object that it ever made, for a page that shows them; listing versions copies each of them.

    Emptying a bucket of 27,000 versions took 22 GB of memory that way.
    """

    def new(model: type[BaseModel], *_: Any, **__: Any) -> BaseModel:
        return super(BaseModel, model).__new__(model)

    registry.put(BaseModel, "__new__", staticmethod(new))
