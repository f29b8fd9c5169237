"""Local builds that stand in for container images: which digest is which command in which folder.

`push` puts a build into ECR as an image whose manifest describes it, and into the registry file of the emulator's state
folder, where the agent looks for what to run.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Protocol

from studyctl.adapters.emulator import locks
from studyctl.adapters.private_files import PrivateFolder

IMAGES_FILE = "images.json"
LOCK_FILE = "images.lock"
PLACEHOLDER_DIGEST = "sha256:" + "0" * 64
"""What a service has before its first release: no image."""

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
CONFIG_TYPE = "application/vnd.oci.image.config.v1+json"
LAYER_TYPE = "application/vnd.oci.image.layer.v1.tar"


@dataclass(frozen=True)
class LocalImage:
    """A build. A container's command takes the place of `command`, its entry point that of `entry_point`.

    `content` is the digest of what is in it: two builds with the same content and settings are the same image.
    """

    entry_point: tuple[str, ...]
    working_directory: Path
    content: str
    command: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    description: str = ""

    @property
    def manifest(self) -> str:
        """As a registry keeps it."""
        config = _text({"architecture": "local", "os": "local", "config": _plain(self)})
        return _text(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": {"mediaType": CONFIG_TYPE, "digest": _digest(config), "size": len(config)},
                "layers": [{"mediaType": LAYER_TYPE, "digest": self.content, "size": 0}],
                "annotations": {"org.opencontainers.image.description": self.description},
            }
        )

    @property
    def digest(self) -> str:
        """The digest of the manifest, as everywhere."""
        return _digest(self.manifest)


class ImageStore:
    """The registry file. Any process may add to it."""

    def __init__(self, state_dir: Path) -> None:
        self._folder = state_dir
        self._path = state_dir / IMAGES_FILE

    def find(self, digest: str) -> LocalImage | None:
        """The build with this digest."""
        return self.all().get(digest)

    def all(self) -> Mapping[str, LocalImage]:
        """Every build, by digest."""
        text = PrivateFolder(self._folder).read(self._path)
        return {digest: _image(entry) for digest, entry in json.loads(text).items()} if text else {}

    def add(self, image: LocalImage) -> str:
        """Keep a build; its digest."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with locks.held(self._folder / LOCK_FILE):
            images = {**self.all(), image.digest: image}
            content = {digest: _plain(each) for digest, each in images.items()}
            PrivateFolder(self._folder).write(self._path, json.dumps(content, indent=2, sort_keys=True) + "\n")
        return image.digest


class Ecr(Protocol):
    """What is needed of boto3's ECR client."""

    def put_image(self, **fields: Any) -> Mapping[str, Any]:
        """Store a manifest under a tag."""
        ...

    def list_images(self, **fields: Any) -> Mapping[str, Any]:
        """Digests and tags of a repository."""
        ...


def push(image: LocalImage, *, store: ImageStore, ecr: Ecr, repository: str, tags: Sequence[str]) -> str:
    """Put a build into ECR under its tags and keep it for the agent; its digest. Again with the same tags: no change.

    A tag that names another image already is refused by ECR where tags are immutable.
    """
    digest = store.add(image)
    listed = ecr.list_images(repositoryName=repository).get("imageIds", [])
    there = {each.get("imageTag") for each in listed if each.get("imageDigest") == digest}
    for tag in tags:
        if tag not in there:
            ecr.put_image(
                repositoryName=repository,
                imageManifest=image.manifest,
                imageManifestMediaType=MANIFEST_TYPE,
                imageTag=tag,
                imageDigest=digest,
            )
    return digest


def digest_of_folder(folder: Path, *, ignored: frozenset[str] = frozenset({"__pycache__"})) -> str:
    """The digest of all files below a folder: names and content, nothing else."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        relative = path.relative_to(folder)
        if path.is_file() and not ignored.intersection(relative.parts):
            total.update(f"{relative.as_posix()}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return f"sha256:{total.hexdigest()}"


def _plain(image: LocalImage) -> dict[str, Any]:
    return {**asdict(image), "working_directory": str(image.working_directory), "environment": dict(image.environment)}


def _image(entry: Mapping[str, Any]) -> LocalImage:
    return LocalImage(
        entry_point=tuple(entry["entry_point"]),
        working_directory=Path(entry["working_directory"]),
        content=entry["content"],
        command=tuple(entry["command"]),
        environment=entry["environment"],
        description=entry["description"],
    )


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
