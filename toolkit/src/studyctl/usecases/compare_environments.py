"""What an environment is in effect, and how two of them differ."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from studyctl.domain.environment import Environment
from studyctl.domain.environment.base import Spec
from studyctl.domain.target import TargetKind


class Specs(Protocol):
    """The environment files of the repository."""

    def names(self) -> tuple[str, ...]:
        """The environments that exist."""
        ...

    def load(self, name: str) -> Environment:
        """Read one environment."""
        ...


@dataclass(frozen=True)
class Overview:
    """One line of the list of environments."""

    name: str
    target: TargetKind
    account_id: str | None
    region: str
    domain: str
    can_be_destroyed: bool


@dataclass(frozen=True)
class Setting:
    """One value in effect. `is_default`: the file does not say it."""

    key: str
    value: Any
    is_default: bool


@dataclass(frozen=True)
class Pair:
    """One key in two environments. A key that one of them lacks (such as edge.price_class without edge) is absent."""

    key: str
    left: Any
    right: Any

    @property
    def is_same(self) -> bool:
        """1 and true are different."""
        return type(self.left) is type(self.right) and bool(self.left == self.right)


class Absent:
    """Stands for the value of a key that an environment does not have."""

    def __repr__(self) -> str:
        """As it is shown."""
        return "absent"


ABSENT = Absent()


@dataclass(frozen=True)
class Parity:
    """Two environments, key by key, in the order of the spec."""

    left: str
    right: str
    pairs: tuple[Pair, ...]

    @property
    def different(self) -> tuple[Pair, ...]:
        """What differs."""
        return tuple(pair for pair in self.pairs if not pair.is_same)

    @property
    def same(self) -> tuple[Pair, ...]:
        """What does not."""
        return tuple(pair for pair in self.pairs if pair.is_same)


def list_environments(specs: Specs) -> tuple[Overview, ...]:
    """Every environment of the repository."""
    return tuple(_overview(specs.load(name)) for name in specs.names())


def show_environment(environment: Environment) -> tuple[Setting, ...]:
    """Every value in effect, defaults included."""
    return tuple(_settings(environment, ""))


def compare_environments(left: Environment, right: Environment) -> Parity:
    """Set two environments side by side."""
    values_left, values_right = _values(left), _values(right)
    keys = [*values_left, *(key for key in values_right if key not in values_left)]
    order = {key.partition(".")[0]: index for index, key in enumerate(type(left).model_fields)}
    keys.sort(key=lambda key: order[key.partition(".")[0]])
    pairs = (Pair(key, values_left.get(key, ABSENT), values_right.get(key, ABSENT)) for key in keys)
    return Parity(left.name, right.name, tuple(pairs))


def _overview(environment: Environment) -> Overview:
    return Overview(
        name=environment.name,
        target=environment.target,
        account_id=environment.account_id,
        region=environment.region,
        domain=environment.domain.name,
        can_be_destroyed=environment.can_be_destroyed,
    )


def _values(environment: Environment) -> dict[str, Any]:
    return {setting.key: setting.value for setting in show_environment(environment)}


def _settings(spec: Spec, prefix: str) -> Iterator[Setting]:
    for name in type(spec).model_fields:
        value = getattr(spec, name)
        yield from _setting(value, prefix + name, is_default=name not in spec.model_fields_set)


def _setting(value: Any, key: str, *, is_default: bool) -> Iterator[Setting]:
    """Mappings are taken apart; a list is one value, because its entries have no names."""
    if isinstance(value, Spec):
        yield from _settings(value, f"{key}.")
    elif isinstance(value, dict):
        for name, part in value.items():
            yield from _setting(part, f"{key}.{name}", is_default=is_default)
    else:
        yield Setting(key, list(value) if isinstance(value, tuple) else value, is_default)
