"""Entries as a ledger holds them, of a platform with two services."""

from __future__ import annotations

from tests.support.platform import platform_output
from tests.support.releases.definitions import REPOSITORY, digest, template

from studyctl.domain.release.definitions import with_image
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.place import Place
from studyctl.domain.release.release import Release, ServiceContent
from studyctl.domain.release.steps import Step, StepKind

PLACE = Place.of(platform_output(("api", "document")))
PLAN = (Step(kind=StepKind.REGISTER), Step(kind=StepKind.UPDATE), Step(kind=StepKind.BAKE))


def entry(
    number: int, status: Status = Status.PROVEN, *, image: str = "", commit: str = "c0ffee", **fields: object
) -> LedgerEntry:
    """Release `number`, or with `restores` the way back to that one; each has an image of its own."""
    restores = fields.get("restores")
    letter = image or "abcdef0123456789"[int(str(restores or number)) % 16]
    content = {
        key: ServiceContent(
            service=f"study-dev-{key}",
            image=f"{REPOSITORY}@{digest(letter)}",
            definition=with_image(template(key), f"{REPOSITORY}@{digest(letter)}"),
            template_arn="t",
            count=1,
            released_in=number,
        )
        for key in PLACE.services
    }
    values = {
        "number": number,
        "environment": "dev",
        "operation": Operation.ROLLBACK if restores else Operation.RELEASE,
        "run_id": "run",
        "actor": "somebody",
        "started_at": "now",
        "release": Release(services=content, commit=commit, app_version=str(number)),
        "plan": PLAN,
        "status": status,
        "position": len(PLAN) if status is Status.PROVEN else 1,
        **fields,
    }
    return LedgerEntry.model_validate(values)
