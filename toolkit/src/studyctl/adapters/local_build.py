"""The image that the emulator runs when no other is named: the services as they lie in this checkout.

Their sources are copied, so that a release keeps running what was released and a rollback really brings old code back.
"""

from __future__ import annotations

import compileall
import hashlib
import importlib.util
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from studyctl.adapters.emulator.ecs_agent.images import Ecr, ImageStore, LocalImage, digest_of_folder, push
from studyctl.errors import PreflightFailed

PACKAGES = ("studyruntime", "studyservices")
ENTRY_POINT = ("-m", "studyservices")
BUILDS = "builds"
_SHORT = 16
_NOT_COPIED = shutil.ignore_patterns("__pycache__")


def build_services(state_dir: Path) -> LocalImage:
    """Copy the services' sources, once for each content, and say how they are started.

    Raises:
        PreflightFailed: the services are not installed here.
    """
    sources = {name: _folder_of(name) for name in PACKAGES}
    content = _content_of(sources)
    folder = state_dir / BUILDS / content.removeprefix("sha256:")[:_SHORT]
    if not folder.exists():
        _copy(sources, folder)
    return LocalImage(
        entry_point=(sys.executable, *ENTRY_POINT),
        working_directory=folder,
        content=content,
        description="studyservices as they lie in this checkout",
    )


def push_services(state_dir: Path, ecr: Ecr, registry_url: str, *, tags: Sequence[str] = ()) -> str:
    """Build, push under these tags as well, and return the digest."""
    return push_build(build_services(state_dir), state_dir, ecr, registry_url, tags=tags)


def push_build(image: LocalImage, state_dir: Path, ecr: Ecr, registry_url: str, *, tags: Sequence[str] = ()) -> str:
    """Put a build into the platform's repository; its digest."""
    repository = registry_url.partition("/")[2]
    own_tag = f"build-{image.digest.removeprefix('sha256:')[:_SHORT]}"
    return push(image, store=ImageStore(state_dir), ecr=ecr, repository=repository, tags=[own_tag, *tags])


def push_known(digest: str, state_dir: Path, ecr: Ecr, registry_url: str) -> bool:
    """Put a build that another environment runs into this one's repository; whether there is such a build."""
    image = ImageStore(state_dir).find(digest)
    if image is None:
        return False
    push_build(image, state_dir, ecr, registry_url)
    return True


def _folder_of(package: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise PreflightFailed(
            f"the package {package} is not installed, so there is no image to release",
            why="Without --image and --tag the emulator runs the services of this checkout.",
            hint="Install them: make setup",
        )
    return Path(next(iter(found.submodule_search_locations)))


def _content_of(sources: dict[str, Path]) -> str:
    total = hashlib.sha256()
    for name, folder in sorted(sources.items()):
        total.update(f"{name} {digest_of_folder(folder)}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _copy(sources: dict[str, Path], folder: Path) -> None:
    """Copy beside, then rename: a folder that exists is whole."""
    beside = folder.with_name(f"{folder.name}.{os.getpid()}")
    for name, source in sources.items():
        shutil.copytree(source, beside / name, ignore=_NOT_COPIED)
    # as infra/image/Dockerfile does: else all services, which start at once, compile the same files at once
    compileall.compile_dir(beside, quiet=1)
    try:
        beside.rename(folder)
    except OSError:  # another command was faster, with the same content
        shutil.rmtree(beside)
