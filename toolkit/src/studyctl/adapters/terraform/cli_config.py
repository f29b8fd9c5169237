"""Terraform's CLI configuration, written by us: where providers come from is the same for everybody.

The caller's own configuration is never read, so one that is missing, or has a mirror of its own, cannot hurt.
"""

from __future__ import annotations

import functools
import json
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from studyctl.errors import PreflightFailed

VARIABLE = "STUDYCTL_PROVIDER_MIRROR"
REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
SYSTEM_PLACES = (Path("/opt"), Path("/usr/share"), Path("/usr/local/share"))
"""Searched one and two levels deep."""
FILE_NAME = "terraform.rc"
CACHE_NAME = "plugin-cache"

_ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64", "i686": "386"}


@dataclass(frozen=True, slots=True)
class Mirror:
    """A folder with unpacked or packed providers; `versions` holds what it has for this machine."""

    path: Path
    versions: Mapping[str, frozenset[str]]
    is_packed: bool = False

    def offers(self, provider: str, locked: Mapping[str, str]) -> bool:
        """Whether init can take a provider from here: in the locked version, or in any when none is locked."""
        held = self.versions.get(provider, frozenset())
        return locked[provider] in held if provider in locked else bool(held)


def machine() -> str:
    """Return this machine as providers name it, for example linux_amd64."""
    architecture = platform.machine().lower()
    return f"{platform.system().lower()}_{_ARCHITECTURES.get(architecture, architecture)}"


def find_mirrors(environ: Mapping[str, str], places: Sequence[Path] = SYSTEM_PLACES) -> tuple[Mirror, ...]:
    """Return every filesystem mirror, the one the operator named first.

    Raises:
        PreflightFailed: the operator named one that holds no provider for this machine.
    """
    named = [Path(part).expanduser().absolute() for part in environ.get(VARIABLE, "").split(os.pathsep) if part]
    for path in named:
        if not _read(path).versions:
            raise PreflightFailed(
                f"{VARIABLE} names {path}, which holds no provider for {machine()}",
                why=f"A mirror has folders like {path}/{REGISTRIES[0]}/hashicorp/aws/VERSION/{machine()}/.",
                hint=f"Correct it, or unset {VARIABLE} to take providers from where they are found.",
            )
    found = dict.fromkeys((*named, *_implied(environ), *_conventional(tuple(places))))
    return tuple(mirror for path in found if (mirror := _read(path)).versions)


def text(mirrors: Sequence[Mirror], cache: Path, locked: Mapping[str, str]) -> str:
    """Return the configuration: from a mirror what it has, from the registry the rest, and one cache for all.

    The cache is left out when unpacked mirrors serve everything that is locked: terraform links to them as it links
    to its cache, and would only hash the 700 MB of a provider once more.
    """
    blocks = []
    served: set[str] = set()
    linked: set[str] = set()
    for mirror in mirrors:
        providers = sorted(provider for provider in mirror.versions if mirror.offers(provider, locked))
        if providers:
            served.update(providers)
            linked.update(() if mirror.is_packed else providers)
            blocks.append(_block("filesystem_mirror", path=str(mirror.path), include=providers))
    blocks.append(_block("direct", exclude=sorted(served)) if served else "  direct {}\n")
    is_cached = not locked or not linked.issuperset(locked)
    caching = f"plugin_cache_dir = {_quoted(str(cache))}\n\n" if is_cached else ""
    return f"{caching}provider_installation {{\n{''.join(blocks)}}}\n"


def write(folder: Path, cache: Path, content: str) -> Path:
    """Write the configuration unless it is there already, and make the cache."""
    cache.mkdir(parents=True, exist_ok=True)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / FILE_NAME
    if not path.exists() or path.read_text(encoding="utf-8") != content:
        scratch = path.with_name(f"{FILE_NAME}.{os.getpid()}")
        scratch.write_text(content, encoding="utf-8")
        scratch.replace(path)
    return path


def _block(kind: str, **settings: str | list[str]) -> str:
    lines = [f"    {name} = {_quoted(value)}\n" for name, value in settings.items()]
    return f"  {kind} {{\n{''.join(lines)}  }}\n"


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value, ensure_ascii=False)


def _implied(environ: Mapping[str, str]) -> Iterator[Path]:
    """Yield the places where terraform itself would look."""
    home = Path(environ.get("HOME") or Path.home())
    yield home / ".terraform.d" / "plugins"
    if platform.system() == "Darwin":
        yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
    data_home = environ.get("XDG_DATA_HOME") or str(home / ".local" / "share")
    data_dirs = environ.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    for base in (data_home, *data_dirs.split(":")):
        if base:
            yield Path(base) / "terraform" / "plugins"


@functools.cache
def _conventional(places: tuple[Path, ...]) -> tuple[Path, ...]:
    return tuple(sorted(found for place in places for found in _holding_providers(place, levels=2)))


def _holding_providers(folder: Path, *, levels: int) -> Iterator[Path]:
    try:
        inside = [entry.path for entry in os.scandir(folder) if entry.is_dir()]
    except OSError:
        return
    for path in inside:
        if any(os.path.isdir(f"{path}/{registry}") for registry in REGISTRIES):  # noqa: PTH112 - thousands of folders
            yield Path(path)
        elif levels > 1:
            yield from _holding_providers(Path(path), levels=levels - 1)


@functools.cache
def _read(path: Path) -> Mirror:
    versions: dict[str, set[str]] = {}
    target = machine()
    is_packed = False
    for registry in REGISTRIES:
        for unpacked in path.glob(f"{registry}/*/*/*/{target}"):
            version, kind, namespace = (parent.name for parent in unpacked.parents[:3])
            versions.setdefault(f"{registry}/{namespace}/{kind}", set()).add(version)
        for packed in path.glob(f"{registry}/*/*/terraform-provider-*_{target}.zip"):
            kind, namespace = packed.parent.name, packed.parent.parent.name
            version = packed.name.removeprefix(f"terraform-provider-{kind}_").removesuffix(f"_{target}.zip")
            versions.setdefault(f"{registry}/{namespace}/{kind}", set()).add(version)
            is_packed = True
    return Mirror(path, {provider: frozenset(held) for provider, held in versions.items()}, is_packed)
