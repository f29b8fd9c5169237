"""What a Terraform configuration consists of, as far as it matters before terraform reads it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ConfigurationItem:
    """One block: its kind (`resource`, `data`, `provisioner`), its labels and its place."""

    kind: str
    labels: tuple[str, ...]
    path: Path
    line: int

    @property
    def name(self) -> str:
        """Return it as terraform writes it: `data.external.lookup`."""
        return ".".join((self.kind, *self.labels))


@dataclass(frozen=True, slots=True)
class ModuleCall:
    """`source` is None when it is not a literal; `target` is None when it is not local."""

    name: str
    source: str | None
    target: Path | None
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class ProviderRequirement:
    """A provider by its local name and its source address."""

    name: str
    source: str
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class Configuration:
    """A root with every local module it calls. `init_digest` changes exactly when init has something new to do."""

    root: Path
    items: tuple[ConfigurationItem, ...]
    modules: tuple[ModuleCall, ...]
    providers: tuple[ProviderRequirement, ...]
    init_digest: str
