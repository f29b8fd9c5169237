"""Images are stored in the emulated ECR layer by layer, as a promotion to another account does it.

The emulator keeps what is pushed, but of layers the size only: what is read comes from another server.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from studyctl.adapters.aws.repository import EcrRepository
from studyctl.domain.release.image_manifest import IMAGE_TYPES, Manifest
from studyctl.domain.release.images import Image
from studyctl.errors import PreflightFailed
from studyctl.usecases.copy_image import Copied, copy_image

Client = Callable[..., Any]

LAYER, CONFIG = b"layer " * 50, b"{}"
HOST = "123456789012.dkr.ecr.us-east-1.amazonaws.com"


def digest_of(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


BLOBS = {digest_of(content): content for content in (LAYER, CONFIG)}
TEXT = json.dumps(
    {
        "schemaVersion": 2,
        "mediaType": IMAGE_TYPES[0],
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": digest_of(CONFIG),
            "size": len(CONFIG),
        },
        "layers": [
            {"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": digest_of(LAYER), "size": len(LAYER)}
        ],
    }
)
IMAGE = Manifest(digest_of(TEXT.encode()), IMAGE_TYPES[0], TEXT)


class Elsewhere:
    """A repository that has one image."""

    def manifest(self, digest: str) -> Manifest | None:
        return IMAGE if digest == IMAGE.digest else None

    def blob(self, digest: str, part_bytes: int) -> Iterator[bytes]:
        assert part_bytes > len(LAYER)
        half = len(BLOBS[digest]) // 2
        yield BLOBS[digest][:half]
        yield BLOBS[digest][half:]


def repository(client: Client, name: str) -> EcrRepository:
    ecr = client("ecr")
    ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    return EcrRepository(ecr, f"{HOST}/{name}")


def test_a_copied_image_is_there_under_its_digest_and_a_tag(client: Client) -> None:
    target = repository(client, "copied/app")
    image = Image("elsewhere", IMAGE.digest)
    assert copy_image(image, Elsewhere(), target) == Copied(manifests=1, blobs=2)
    assert target.manifest(IMAGE.digest) == IMAGE
    [found] = client("ecr").describe_images(repositoryName="copied/app")["imageDetails"]
    assert (found["imageDigest"], found["imageTags"]) == (IMAGE.digest, [f"promoted-{image.short}"])
    assert copy_image(image, Elsewhere(), target) == Copied()


def test_layers_that_are_there_are_not_sent_again(client: Client) -> None:
    target = repository(client, "half/app")
    target.receive(digest_of(LAYER), Elsewhere())
    assert (target.has_blob(digest_of(LAYER)), target.has_blob(digest_of(CONFIG))) == (True, False)
    assert copy_image(Image("elsewhere", IMAGE.digest), Elsewhere(), target) == Copied(manifests=1, blobs=1)


def test_what_is_put_twice_is_put_once(client: Client) -> None:
    target = repository(client, "twice/app")
    for _ in range(2):
        target.put(IMAGE, "promoted")
    [found] = client("ecr").describe_images(repositoryName="twice/app")["imageDetails"]
    assert found["imageDigest"] == IMAGE.digest


def test_a_repository_that_is_not_there_is_refused_with_its_name(client: Client) -> None:
    absent = EcrRepository(client("ecr"), f"{HOST}/absent/app")
    assert not absent.has(IMAGE.digest)
    with pytest.raises(PreflightFailed, match=r"store an image in .*absent/app"):
        absent.put(IMAGE, None)


class _Blob(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(BLOBS[self.path.removeprefix("/")])

    def log_message(self, *_: Any) -> None:
        """Nothing is logged."""


class Linking:
    """The one operation of ECR that the emulator lacks: where a layer lies."""

    def __init__(self, port: int) -> None:
        self._port = port

    def get_download_url_for_layer(self, **asked: str) -> dict[str, str]:
        assert (asked["registryId"], asked["repositoryName"]) == ("123456789012", "staging/app")
        return {"downloadUrl": f"http://127.0.0.1:{self._port}/{asked['layerDigest']}"}


def test_a_layer_is_read_in_parts_from_where_ecr_says() -> None:
    with HTTPServer(("127.0.0.1", 0), _Blob) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        source = EcrRepository(Linking(server.server_port), f"{HOST}/staging/app")
        parts = list(source.blob(digest_of(LAYER), 128))
        server.shutdown()
    assert [len(part) for part in parts] == [128, 128, len(LAYER) - 256]
    assert b"".join(parts) == LAYER
