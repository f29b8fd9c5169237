"""From an image's name to the build that stands in for it, through ECR: an image that is not there cannot be pulled."""

from __future__ import annotations

from studyctl.adapters.emulator.ecs_agent.account import Accounts, Place
from studyctl.adapters.emulator.ecs_agent.image_reference import ImageReference, parse_image
from studyctl.adapters.emulator.ecs_agent.images import PLACEHOLDER_DIGEST, ImageStore, LocalImage

_PULL = "CannotPullContainerError: pull image manifest has been retried 1 time(s)"


class CannotPull(Exception):
    """An image is not there. Its text becomes the task's stopped reason."""

    def __init__(self, reason: str, *, is_placeholder: bool = False) -> None:
        super().__init__(reason)
        self.is_placeholder = is_placeholder
        """No image was ever meant: the service waits for its first release."""


def pull(accounts: Accounts, store: ImageStore, image: str) -> LocalImage:
    """The build of an image.

    Raises:
        CannotPull: ECR does not have it, or no build of it is known here.
    """
    reference = parse_image(image)
    if reference.digest == PLACEHOLDER_DIGEST:
        raise CannotPull(_not_found(image), is_placeholder=True)
    build = store.find(_digest(accounts, reference))
    if build is None:
        raise CannotPull(f"{_not_found(image)} (the emulator runs images that were pushed from builds of this machine)")
    return build


def _digest(accounts: Accounts, reference: ImageReference) -> str:
    if not reference.account:
        return reference.digest
    with accounts.open("ecr", Place(reference.account, reference.region)) as backend:
        repository = backend.repositories.get(reference.repository)
        for image in repository.images if repository is not None else ():
            digest: str = image.get_image_digest()
            is_meant = digest == reference.digest if reference.digest else reference.tag in image.image_tags
            if is_meant:
                return digest
    raise CannotPull(_not_found(reference.text))


def _not_found(image: str) -> str:
    return f"{_PULL}: failed to resolve ref {image}: {image}: not found"
