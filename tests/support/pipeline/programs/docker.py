"""`docker login` and `docker buildx`: a build is the services' sources in the checkout, run as processes."""

from __future__ import annotations

import argparse
import compileall
import os
import shutil
import sys
from pathlib import Path

from tests.support.pipeline.programs.refusal import refuse
from tests.support.pipeline.programs.registry import ecr, state_dir

from studyctl.adapters.emulator.ecs_agent.images import ImageStore, LocalImage, digest_of_folder, push

SOURCES = ("toolkit/src/studyruntime", "toolkit/src/studyservices")


def main(words: list[str]) -> None:
    match words:
        case ["login", "--username", "AWS", "--password-stdin", host]:
            _login(host)
        case ["buildx", "imagetools", "inspect", reference]:
            if _digest_of(reference) is None:
                sys.exit(f"{reference}: not found")
        case ["buildx", "imagetools", "create", "--prefer-index=false", "--tag", target, source]:
            _copy(source, target)
        case ["buildx", "build", "--push", "--provenance=false", *more]:
            _build(more)
        case _:
            refuse("docker", words)


def _login(host: str) -> None:
    if not sys.stdin.read().strip():
        sys.exit("the password is empty")
    _logins().mkdir(parents=True, exist_ok=True)
    (_logins() / host).touch()


def _logins() -> Path:
    return Path(os.environ["RUNNER_TEMP"]) / "docker"


def _parts(reference: str) -> tuple[str, str]:
    """Repository and tag, where somebody logged in."""
    host, _, rest = reference.partition("/")
    repository, _, tag = rest.partition(":")
    if not (_logins() / host).exists():
        sys.exit(f"no basic auth credentials for {host}")
    return repository, tag


def _digest_of(reference: str) -> str | None:
    repository, tag = _parts(reference)
    listed = ecr().list_images(repositoryName=repository)["imageIds"]
    return next((each["imageDigest"] for each in listed if each.get("imageTag") == tag), None)


def _copy(source: str, target: str) -> None:
    digest = _digest_of(source)
    image = ImageStore(state_dir()).find(digest) if digest else None
    if image is None:
        sys.exit(f"{source}: not found")
    _push(image, target)


def _push(image: LocalImage, reference: str) -> None:
    repository, tag = _parts(reference)
    push(image, store=ImageStore(state_dir()), ecr=ecr(), repository=repository, tags=[tag])


def _build(words: list[str]) -> None:
    parser = argparse.ArgumentParser("docker buildx build")
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--build-arg", action="append", default=[])
    parser.add_argument("--tag", required=True)
    parser.add_argument("context", type=Path)
    told = parser.parse_args(words)
    arguments = dict(argument.split("=", maxsplit=1) for argument in told.build_arg)
    if not (told.context / told.file).is_file() or set(arguments) != {"COMMIT"}:
        refuse("docker", words)
    folder = state_dir() / "builds" / arguments["COMMIT"]
    if not folder.exists():
        for source in SOURCES:
            shutil.copytree(told.context / source, folder / Path(source).name)
        compileall.compile_dir(folder, quiet=1)
    image = LocalImage(
        entry_point=(sys.executable, "-m", "studyservices"),
        working_directory=folder,
        content=digest_of_folder(folder),
        environment={"SERVICE_COMMIT": arguments["COMMIT"]},
        description=f"studyservices of {arguments['COMMIT']}",
    )
    _push(image, told.tag)


if __name__ == "__main__":
    main(sys.argv[1:])
