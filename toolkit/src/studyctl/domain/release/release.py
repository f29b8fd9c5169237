"""What runs in an environment: the release, whole, as it can be put back years later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from studyctl.domain.release.base import Recorded
from studyctl.domain.release.definitions import does_the_same, with_version
from studyctl.domain.release.strategy import Strategy

NOT_YET = 0
"""The number of a release that is being planned: it gets its own when it is written into the ledger."""


class ServiceContent(Recorded):
    """What one service runs. `definition` is the task definition as a document, so that it outlives its revision."""

    service: str
    """The name of the ECS service."""
    image: str
    definition: dict[str, Any]
    definition_arn: str | None = None
    template_arn: str
    """Terraform's revision, from which the definition was made."""
    count: int
    released_in: int = NOT_YET
    """The release in which this content came; the service itself tells it in the header X-Release."""
    strategy: Strategy = Strategy()
    secret_versions: dict[str, str] = Field(default_factory=dict)

    def numbered(self, number: int) -> ServiceContent:
        """The content as part of release `number`; what came in an earlier one stays as it is."""
        if self.released_in != NOT_YET:
            return self
        told = with_version(self.definition, str(number))
        return self.model_copy(update={"released_in": number, "definition": told})


class Release(Recorded):
    """All services of an environment, as one unit. The order of `services` is the order of releasing them."""

    services: dict[str, ServiceContent]
    commit: str
    app_version: str | None = None
    schema_version: str | None = None

    @property
    def images(self) -> Mapping[str, str]:
        """The image of each service."""
        return {key: content.image for key, content in self.services.items()}

    def numbered(self, number: int) -> Release:
        """The release under its number."""
        return self.model_copy(
            update={"services": {key: content.numbered(number) for key, content in self.services.items()}}
        )

    def registered(self, arns: Mapping[str, str]) -> Release:
        """The release with the revisions that ECS keeps it under."""
        return self.model_copy(
            update={
                "services": {
                    key: content.model_copy(update={"definition_arn": arns[key]}) if key in arns else content
                    for key, content in self.services.items()
                }
            }
        )

    def is_same_as(self, other: Release) -> bool:
        """Whether the same runs, whatever revisions and releases are called."""
        return self.services.keys() == other.services.keys() and all(
            does_the_same(content.definition, other.services[key].definition) for key, content in self.services.items()
        )
