"""Drill the loss of a region: back up, lose, rebuild in the backup region, restore, release, prove, and tidy up.

Nothing between the loss and the proof may read what was lost: what comes back comes from what was backed up before.
The environment itself goes on serving; it is written to only for the markers, which are removed at the end.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

from studyctl.domain.disaster.drill import DrillReport, DrillStep, Holdings, Marker, StepDone, StoreFound
from studyctl.domain.release.history import last_proven
from studyctl.domain.release.images import ImageReference, same_elsewhere
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.errors import RecoveryFailed, Refused, StudyctlError, UsageError

Platform = Mapping[str, Any]
"""The output `platform` of the composition."""


class Store(Protocol):
    """One kind of data of the environment that is drilled, and the copies of it."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    def mark(self, marker: Marker) -> None:
        """Write a marker into the environment's own store."""
        ...

    def back_up(self) -> Holdings:
        """Copy everything to where it outlives the region; what the copy holds."""
        ...

    def restore(self, platform: Platform) -> Holdings:
        """Fill the substitute's empty store from the copy; what it holds then."""
        ...

    def newest_marker(self, platform: Platform) -> Marker | None:
        """The newest marker in the substitute's store."""
        ...

    def forget(self) -> None:
        """Remove the markers from the environment, and the copy; what is not there is forgotten already."""
        ...

    def ways(self) -> tuple[str, str]:
        """How it was copied and how it was restored, as a runbook tells it."""
        ...


class Backup(Protocol):
    """Keeps what the recovery must know beside the data."""

    def keep(self, release: LedgerEntry) -> None:
        """Remember the release that serves."""
        ...

    def release(self) -> LedgerEntry:
        """The release that was kept."""
        ...

    def forget(self) -> None:
        """Remove it."""
        ...


class Substitute(Protocol):
    """The environment that takes the lost one's place. Each raises the typed errors of studyctl."""

    @property
    def name(self) -> str:
        """Its name."""
        ...

    def exists(self) -> bool:
        """Whether an earlier drill left something of it."""
        ...

    def build(self) -> Platform:
        """Apply the composition in the backup region, services excepted."""
        ...

    def connect(self, platform: Platform, images: Mapping[str, ImageReference]) -> str:
        """Have one task of the release reach the new stores while they are empty; what was done."""
        ...

    def release(self, images: Mapping[str, ImageReference], promoted_from: str) -> None:
        """Release these images, migrated and proven."""
        ...

    def smoke(self, platform: Platform) -> str:
        """Run the smoke test once more; what it says.

        Raises:
            SmokeFailed: something is not healthy.
        """
        ...

    def destroy(self) -> None:
        """Remove everything of it; nothing where nothing is."""
        ...


class Narrator(Protocol):
    """Tells the person in front of it what happens."""

    def step(self, step: DrillStep, detail: str) -> None:
        """A step begins."""
        ...


@dataclass(frozen=True)
class Scene:
    """What is drilled, as the environment's file has it."""

    environment: str
    lost_region: str
    backup_region: str
    commit: str
    not_shown: tuple[str, ...] = ()


@dataclass(frozen=True)
class Ports:
    """What a drill needs from the outside."""

    entries: Callable[[], Sequence[LedgerEntry]]
    stores: Sequence[Store]
    backup: Backup
    substitute: Substitute
    narrator: Narrator
    now: Callable[[], datetime.datetime]


@dataclass
class _Diary:
    """Times the steps and keeps what each did."""

    ports: Ports
    done: list[StepDone] = field(default_factory=list)

    @contextmanager
    def step(self, step: DrillStep, detail: str = "") -> Iterator[list[str]]:
        self.ports.narrator.step(step, detail)
        began_at, did = self.ports.now(), list[str]()
        yield did
        self.done.append(StepDone(step, began_at, (self.ports.now() - began_at).total_seconds(), tuple(did)))


def drill(scene: Scene, ports: Ports, run_id: str, *, keep: bool = False) -> DrillReport:
    """Run the steps in order, and remove what was made; with `keep` the substitute stays for whoever wants to look.

    Raises:
        Refused: an earlier drill left something, or nothing was ever released.
        StudyctlError: a step failed; what it left is removed by `clean_up`.
    """
    if ports.substitute.exists():
        raise Refused(
            f"an earlier drill of {scene.environment} left {ports.substitute.name} behind",
            why="It was kept, or its command was killed. Nothing was changed.",
            hint=f"Remove it: studyctl dr drill {scene.environment} --clean-up",
        )
    diary = _Diary(ports)
    _forget(ports)  # markers of a drill that was killed before it built anything would be taken for this one's
    try:
        report = _play(scene, ports, run_id, diary)
    except StudyctlError as failed:
        failed.hint = _then(failed.hint, scene.environment)
        raise
    if not keep:
        with diary.step(DrillStep.CLEAN_UP, ports.substitute.name):
            ports.substitute.destroy()
    _forget(ports)
    return report


def clean_up(ports: Ports) -> None:
    """Remove what a drill left that was kept or killed; can be repeated."""
    ports.narrator.step(DrillStep.CLEAN_UP, ports.substitute.name)
    ports.substitute.destroy()
    _forget(ports)


def require_recovered(report: DrillReport) -> None:
    """Stop unless everything came back, and in time.

    Raises:
        RecoveryFailed: says what did not.
    """
    if report.has_passed:
        return
    missed = [
        *([] if report.meets_time else ["it took longer than it may until the platform served again"]),
        *([] if report.meets_point else ["more was lost than may be"]),
        *report.differences,
    ]
    raise RecoveryFailed(
        f"{report.environment} was not recovered as it must be",
        why="\n".join(missed),
        hint=f"Read the report: .build/{report.environment}/drills/{report.run_id}/runbook.md",
    )


def _forget(ports: Ports) -> None:
    for store in ports.stores:
        store.forget()
    ports.backup.forget()


def _play(scene: Scene, ports: Ports, run_id: str, diary: _Diary) -> DrillReport:
    backed_up = _before_the_loss(scene, ports, diary)
    with diary.step(DrillStep.LOSE, scene.lost_region) as did:
        did.append(f"from here on nothing of {scene.lost_region} is read")
        lost_at = ports.now()
    release = ports.backup.release()
    images = same_elsewhere(release.release.images)
    with diary.step(DrillStep.REBUILD, f"{ports.substitute.name} in {scene.backup_region}") as did:
        platform = ports.substitute.build()
        did.append(f"the composition was applied as {ports.substitute.name} in {scene.backup_region}")
    with diary.step(DrillStep.CONNECT) as did:
        did.append(ports.substitute.connect(platform, images))
    restored: dict[str, Holdings] = {}
    with diary.step(DrillStep.RESTORE, ", ".join(store.name for store in ports.stores)) as did:
        for store in ports.stores:
            restored[store.name] = store.restore(platform)
            did.append(f"{store.name}: {store.ways()[1]}")
    found = tuple(
        StoreFound(store.name, backed_up[store.name], restored[store.name], store.newest_marker(platform))
        for store in ports.stores
    )
    with diary.step(DrillStep.RELEASE, f"what release {release.number} of {scene.environment} runs") as did:
        ports.substitute.release(images, f"{scene.environment} {release.number}")
        did.append(f"the images of release {release.number} were released by their digests, and proven")
    with diary.step(DrillStep.SMOKE) as did:
        did.append(ports.substitute.smoke(platform))
    return DrillReport(
        run_id=run_id,
        environment=scene.environment,
        substitute=ports.substitute.name,
        lost_region=scene.lost_region,
        backup_region=scene.backup_region,
        release=release.number,
        images={key: reference.digest or "" for key, reference in sorted(images.items())},
        commit=scene.commit,
        lost_at=lost_at,
        serving_at=ports.now(),
        steps=tuple(diary.done),
        stores=found,
        not_shown=scene.not_shown,
    )


def _before_the_loss(scene: Scene, ports: Ports, diary: _Diary) -> dict[str, Holdings]:
    """Everything that must have happened already when a region is lost; what each copy holds.

    The second marker is written after the copies, so it must not come back: if it did, the restored data would not be
    those of the copy.
    """
    with diary.step(DrillStep.RECORD) as did:
        release = last_proven(ports.entries())
        if release is None:
            raise UsageError(
                f"nothing was ever proven in {scene.environment}, so nobody knows what to recover",
                hint=f"Release there first: studyctl deploy {scene.environment}",
            )
        ports.backup.keep(release)
        did.append(f"release {release.number} of {scene.environment} was kept outside of {scene.lost_region}")
    with diary.step(DrillStep.MARK):
        for store in ports.stores:
            store.mark(Marker(1, ports.now()))
    held: dict[str, Holdings] = {}
    with diary.step(DrillStep.BACK_UP, ", ".join(store.name for store in ports.stores)) as did:
        for store in ports.stores:
            held[store.name] = store.back_up()
            did.append(f"{store.name}: {store.ways()[0]}")
    with diary.step(DrillStep.MARK):
        for store in ports.stores:
            store.mark(Marker(2, ports.now()))
    return held


def _then(hint: str, environment: str) -> str:
    left = f"What the drill left is removed by: studyctl dr drill {environment} --clean-up"
    return f"{hint}\n{left}" if hint else left
