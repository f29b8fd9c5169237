"""How an extension is written, and when it is put into moto.

An `Extension` collects additions (operations moto must not have) and mends (names moto must have) while its file is
imported, and applies all of them at once: the moment the service is first used. Both fail loudly when moto is not as
they expect it, so that a new version of moto is noticed here and not in a plan.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import threading
from collections.abc import Callable, MutableMapping
from dataclasses import dataclass, field
from importlib import metadata
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from studyctl.adapters.emulator.errors import UnsupportedMoto

if TYPE_CHECKING:
    from moto.core.base_backend import BaseBackend
    from moto.core.responses import BaseResponse

MOTO_VERSION = "5.2.5"

# moto's name of a service -> the file here that mends it
MODULES: dict[str, str] = {
    "amp": "amp",
    "applicationautoscaling": "application_autoscaling",
    "autoscaling": "autoscaling",
    "backup": "backup",
    "budgets": "budgets",
    "ce": "cost_explorer",
    "cloudfront": "cloudfront",
    "cloudwatch": "cloudwatch",
    "ec2": "ec2",
    "ecs": "ecs",
    "elasticache": "elasticache",
    "elb": "elbv2",  # both generations answer on one host, and moto serves it under the older name
    "elbv2": "elbv2",
    "firehose": "firehose",
    "logs": "logs",
    "rds": "rds",
    "s3": "s3",
    "servicediscovery": "service_discovery",
    "sqs": "sqs",
}

# signing name of a service that moto does not have at all -> the file here that is all of it
SERVICES_MOTO_LACKS: dict[str, str] = {
    "dlm": "dlm",
}

_T = TypeVar("_T")
_F = TypeVar("_F", bound=Callable[..., Any])

_installing = threading.Lock()


def put(owner: object, name: str, value: object) -> None:
    """The one place that changes moto."""
    setattr(owner, name, value)


@dataclass
class Extension:
    """What one file adds to one service. `responses` is set when moto lacks the whole service."""

    service: str
    responses: type[BaseResponse] | None = None
    operations: list[str] = field(default_factory=list)
    _changes: list[Callable[[], None]] = field(default_factory=list)
    _is_installed: bool = False

    def operation(self, owner: type[BaseResponse]) -> Callable[[_F], _F]:
        """Add an API operation to moto's response class, under the function's name."""

        def collect(function: _F) -> _F:
            self.operations.append(function.__name__)
            self._changes.append(functools.partial(_add, owner, function.__name__, function))
            return function

        return collect

    def mend(self, owner: type, name: str) -> Callable[[_F], _F]:
        """Replace a method of moto's by the function, whose first argument is the method it replaces."""

        def collect(function: _F) -> _F:
            self._changes.append(functools.partial(_wrap, owner, name, function))
            return function

        return collect

    def mend_property(self, owner: type, name: str) -> Callable[[_F], _F]:
        """Replace a read-only property of moto's; the function's first argument reads the one it replaces."""

        def collect(function: _F) -> _F:
            self._changes.append(functools.partial(_wrap_property, owner, name, function))
            return function

        return collect

    def attribute(self, owner: type, name: str, value: object) -> None:
        """Give a class of moto's a property or attribute that it lacks."""
        self._changes.append(functools.partial(_add, owner, name, value))

    def route(self, paths: MutableMapping[str, Any], path: str, handler: Callable[..., Any]) -> None:
        """Let moto's server accept a path of the API that its table does not list."""

        def add() -> None:
            if path in paths:
                raise _unexpected(self.service, path, "is routed already")
            paths[path] = handler

        self._changes.append(add)

    def install(self) -> None:
        """Apply everything that was collected, once."""
        with _installing:
            if not self._is_installed:
                for change in self._changes:
                    change()
                self._is_installed = True


class Shelf(Generic[_T]):
    """Values of one kind that an extension keeps, by id.

    They lie in the backend of moto that a request is for: that makes them separate by account and region, and they
    go when moto resets that backend.
    """

    def __init__(self, kind: str) -> None:
        self._attribute = f"_studyctl_{kind}"

    def of(self, backend: BaseBackend) -> dict[str, _T]:
        """The shelf of one account and region."""
        return cast("dict[str, _T]", backend.__dict__.setdefault(self._attribute, {}))


def install(service: str) -> type[BaseResponse] | None:
    """Load and apply the extension of a service, if it has one; its response class when it is the whole service."""
    module = MODULES.get(service) or SERVICES_MOTO_LACKS.get(service)
    if module is None:
        return None
    extension: Extension = importlib.import_module(f"{__package__}.{module}").EXTENSION
    extension.install()
    return extension.responses


def check_moto_version() -> None:
    """Refuse any other moto than the one the extensions were written for.

    Raises:
        UnsupportedMoto: another version is installed.
    """
    installed = metadata.version("moto")
    if installed != MOTO_VERSION:
        raise UnsupportedMoto(
            f"moto {installed} is installed, the emulator's extensions mend moto {MOTO_VERSION}",
            hint=f"Install the pinned one:  pip install 'moto[server]=={MOTO_VERSION}'",
        )


def _add(owner: object, name: str, value: object) -> None:
    if hasattr(owner, name):
        raise _unexpected(owner, name, "exists already")
    put(owner, name, value)


def _wrap(owner: type, name: str, function: Callable[..., Any]) -> None:
    original = getattr(owner, name, None)
    if not callable(original):
        raise _unexpected(owner, name, "is missing")

    @functools.wraps(original)
    def mended(*arguments: Any, **keywords: Any) -> Any:
        return function(original, *arguments, **keywords)

    is_static = isinstance(inspect.getattr_static(owner, name), staticmethod)
    put(owner, name, staticmethod(mended) if is_static else mended)


def _wrap_property(owner: type, name: str, function: Callable[[Callable[[Any], Any], Any], Any]) -> None:
    original = getattr(owner, name, None)
    if not isinstance(original, property) or original.fget is None:
        raise _unexpected(owner, name, "is not a property")
    read = original.fget
    put(owner, name, property(lambda self: function(read, self)))


def _unexpected(owner: object, name: str, what: str) -> UnsupportedMoto:
    return UnsupportedMoto(
        f"moto is not what the emulator expects: {getattr(owner, '__name__', owner)}.{name} {what}",
        hint=f"Install the pinned one:  pip install 'moto[server]=={MOTO_VERSION}'",
    )
