"""The runbook of a recovery, written from what a drill did: the same steps in the same order, with their times."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from studyctl.domain.disaster.drill import DrillReport, DrillStep, StoreFound, seconds_of
from studyctl.domain.disaster.prospects import RECOVERY_POINT_SECONDS, RECOVERY_TIME_SECONDS

_HEADINGS: Mapping[DrillStep, str] = {
    DrillStep.REBUILD: "Build the platform in {backup_region}",
    DrillStep.CONNECT: "See that a task reaches the new stores",
    DrillStep.RESTORE: "Restore the data, before anything serves",
    DrillStep.RELEASE: "Release what served",
    DrillStep.SMOKE: "Prove it",
}
_IN_EARNEST: Mapping[DrillStep, tuple[str, ...]] = {
    DrillStep.REBUILD: (
        "cp {substitute}.yaml environments/  # it lies beside this page; set can_be_destroyed: false in it",
        "studyctl bootstrap {substitute}",
        "studyctl deploy {substitute} --only infra",
    ),
    DrillStep.RESTORE: (
        "# database: the newest recovery point of the vault in {backup_region} into an instance of its own, then\n"
        "# pg_dump from there and pg_restore into the empty database of {substitute}",
        "aws backup list-recovery-points-by-backup-vault --region {backup_region} --backup-vault-name VAULT",
        "aws backup start-restore-job --region {backup_region} --recovery-point-arn ARN --iam-role-arn ROLE "
        "--metadata file://restore.json",
        "# buckets: the replicas of the lost environment into those of {substitute}",
        "aws s3 sync s3://REPLICA s3://BUCKET --region {backup_region}",
    ),
    DrillStep.RELEASE: (
        "# the registry of {substitute} is empty: push the image first; its digest stays the same",
        "studyctl release {substitute} {images} --run-before migrate",
    ),
    DrillStep.SMOKE: ("studyctl smoke {substitute}",),
}


def runbook(report: DrillReport) -> str:
    """Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: DrillReport) -> Iterator[str]:
    yield f"# Recovering {report.environment} in {report.backup_region}"
    yield ""
    yield (
        f"Written by drill {report.run_id} from what it did on {report.lost_at:%Y-%m-%d}, at commit {report.commit}. "
        f"{report.substitute} takes the place of {report.environment} when {report.lost_region} is lost."
    )
    yield from ("", "| | found by the drill | allowed | |", "|---|---|---|---|")
    lost = report.recovery_point_seconds
    time, point = duration(report.recovery_time_seconds), "everything" if lost is None else duration(lost)
    yield f"| serves again after | {time} | {duration(RECOVERY_TIME_SECONDS)} | {_verdict(report.meets_time)} |"
    yield f"| lost | {point} | {duration(RECOVERY_POINT_SECONDS)} | {_verdict(report.meets_point)} |"
    yield from ("", "## What must be there before", "")
    digests = ", ".join(sorted(set(report.images.values())))
    yield f"- release {report.release} of the ledger, which names {digests}"
    yield from (f"- {line}" for line in _did(report, DrillStep.BACK_UP))
    for number, (step, heading) in enumerate(_HEADINGS.items(), start=1):
        yield from _step(report, step, f"{number}. {_filled(heading, report)}")
    yield from ("", "## What came back", "", "| store | backed up | restored | lost |", "|---|---|---|---|")
    yield from (_store(report, store) for store in report.stores)
    yield from (f"- {difference}" for difference in report.differences)
    yield from ("", "## What the drill did not show", "")
    yield from (f"- {line}" for line in report.not_shown)


def _step(report: DrillReport, step: DrillStep, heading: str) -> Iterator[str]:
    yield from ("", f"## {heading}", "", f"It took {duration(seconds_of(report.steps, step))}. The drill:", "")
    yield from (f"- {line}" for line in _did(report, step))
    commands = _IN_EARNEST.get(step, ())
    if commands:
        yield from ("", "In earnest:", "", "```", *(_filled(command, report) for command in commands), "```")


def _store(report: DrillReport, store: StoreFound) -> str:
    lost = store.lost_seconds(report.lost_at)
    shown = "everything" if lost is None else duration(lost)
    return f"| {store.store} | {_held(store.backed_up)} | {_held(store.restored)} | {shown} |"


def _held(holdings: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(holdings.items())) or "nothing"


def _did(report: DrillReport, step: DrillStep) -> tuple[str, ...]:
    return tuple(line for done in report.steps if done.step is step for line in done.did)


def _filled(text: str, report: DrillReport) -> str:
    return text.format(
        substitute=report.substitute, backup_region=report.backup_region, images=_images_option(report.images)
    )


def _images_option(images: Mapping[str, str]) -> str:
    """As `release` takes it: one image of all services, or one a service."""
    digests = set(images.values())
    if len(digests) == 1:
        return f"--tag {digests.pop()}"
    return " ".join(f"--image {service}={digest}" for service, digest in images.items())


def _verdict(is_met: bool) -> str:
    return "met" if is_met else "missed"


def duration(seconds: float) -> str:
    """`4.2 s`, `6 min 5 s`, `2 h 0 min`."""
    whole = round(seconds)
    if whole < 60:  # noqa: PLR2004 - seconds of a minute
        return f"{seconds:.1f} s"
    if whole < 3600:  # noqa: PLR2004 - seconds of an hour
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"
