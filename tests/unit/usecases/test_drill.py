"""The order of a drill's steps, what it leaves, and that nothing is read of what was lost."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest
from tests.support.platform import platform_output
from tests.support.releases.definitions import REPOSITORY, digest, template

from studyctl.domain.disaster.drill import DrillStep, Holdings, Marker
from studyctl.domain.release.images import ImageReference
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.place import Place
from studyctl.domain.release.release import Release, ServiceContent
from studyctl.errors import RecoveryFailed, Refused, SmokeFailed, UsageError
from studyctl.usecases.drill import Platform, Ports, Scene, clean_up, drill, require_recovered

SCENE = Scene("prod", "us-east-1", "us-west-2", "c0ffee", ("AWS",))
BUILT = {"name": "study-prod-dr"}
PLACE = Place.of(platform_output(("api", "document")))


def release(number: int, status: Status = Status.PROVEN, image: str = f"{REPOSITORY}@{digest('a')}") -> LedgerEntry:
    content = {
        key: ServiceContent(service=key, image=image, definition=template(key), template_arn="t", count=1)
        for key in PLACE.services
    }
    return LedgerEntry(
        number=number,
        environment="prod",
        operation=Operation.RELEASE,
        run_id="run",
        actor="somebody",
        started_at="now",
        release=Release(services=content, commit="c0ffee"),
        plan=(),
        status=status,
    )


@dataclass
class World:
    """Everything a drill acts on, as values. Time passes with every look at the clock."""

    entries: tuple[LedgerEntry, ...] = (release(7),)
    log: list[str] = field(default_factory=list)
    primary: list[Marker] = field(default_factory=list)
    copy: list[Marker] | None = None
    restored: list[Marker] | None = None
    loses: bool = False
    """Whether restoring forgets a row."""
    kept: LedgerEntry | None = None
    is_lost: bool = False
    is_built: bool = False
    is_sick: bool = False
    released: tuple[Mapping[str, ImageReference], str] | None = None
    seconds: int = 0

    name: str = "database"

    def now(self) -> datetime.datetime:
        self.seconds += 10
        return datetime.datetime(2026, 11, 29, tzinfo=datetime.UTC) + datetime.timedelta(seconds=self.seconds)

    def ledger(self) -> tuple[LedgerEntry, ...]:
        assert not self.is_lost
        return self.entries

    def ports(self) -> Ports:
        return Ports(self.ledger, (self,), Kept(self), Substitute(self), Narrator(self), self.now)

    # the store
    def mark(self, marker: Marker) -> None:
        assert not self.is_lost
        self.primary.append(marker)

    def back_up(self) -> Holdings:
        assert not self.is_lost
        self.copy = list(self.primary)
        return {"rows": len(self.copy)}

    def restore(self, platform: Platform) -> Holdings:
        assert platform is BUILT and self.copy is not None and self.released is None
        self.restored = self.copy[1:] if self.loses else list(self.copy)
        return {"rows": len(self.restored)}

    def newest_marker(self, platform: Platform) -> Marker | None:
        assert platform is BUILT and self.restored is not None
        return max(self.restored, key=lambda each: each.number, default=None)

    def forget(self) -> None:
        self.primary, self.copy = [], None

    def ways(self) -> tuple[str, str]:
        return "copied", "filled"


@dataclass
class Kept:
    world: World

    def keep(self, release: LedgerEntry) -> None:
        self.world.kept = release

    def release(self) -> LedgerEntry:
        assert self.world.kept is not None
        return self.world.kept

    def forget(self) -> None:
        self.world.kept = None


@dataclass
class Narrator:
    world: World

    def step(self, step: DrillStep, detail: str) -> None:
        self.world.log.append(step.value)
        self.world.is_lost |= step is DrillStep.LOSE


@dataclass
class Substitute:
    world: World
    name: str = "prod-dr"

    def exists(self) -> bool:
        return self.world.is_built

    def build(self) -> Platform:
        self.world.is_built = True
        return BUILT

    def connect(self, platform: Platform, images: Mapping[str, ImageReference]) -> str:
        assert self.world.restored is None, "stores are seen empty first"
        return "a task connected"

    def release(self, images: Mapping[str, ImageReference], promoted_from: str) -> None:
        self.world.released = (images, promoted_from)

    def smoke(self, platform: Platform) -> str:
        if self.world.is_sick:
            raise SmokeFailed("1 of 9 is unhealthy", hint="Ask again.")
        return "9 of 9 healthy"

    def destroy(self) -> None:
        self.world.is_built = False


def test_a_drill_backs_up_before_the_loss_and_restores_before_anything_serves() -> None:
    world = World()
    report = drill(SCENE, world.ports(), "run")
    order = "record, mark, back up, mark, lose, rebuild, connect, restore, release, smoke, clean up"
    assert world.log == order.split(", ")
    assert report.has_passed
    assert world.released == (
        {key: ImageReference(digest=digest("a")) for key in ("api", "document")},
        "prod 7",
    )


def test_what_was_written_after_the_copy_is_lost_and_that_is_the_recovery_point() -> None:
    world = World()
    report = drill(SCENE, world.ports(), "run")
    (found,) = report.stores
    assert found.marker is not None and found.marker.number == 1
    assert report.recovery_point_seconds == (report.lost_at - found.marker.written_at).total_seconds() > 0


def test_afterwards_nothing_of_it_is_left() -> None:
    world = World()
    drill(SCENE, world.ports(), "run")
    assert (world.is_built, world.primary, world.copy, world.kept) == (False, [], None, None)


def test_what_is_kept_stays_and_the_primary_is_tidied_all_the_same() -> None:
    world = World()
    drill(SCENE, world.ports(), "run", keep=True)
    assert (world.is_built, world.primary, world.copy) == (True, [], None)
    with pytest.raises(Refused, match="left prod-dr behind") as refused:
        drill(SCENE, world.ports(), "run")
    assert "studyctl dr drill prod --clean-up" in refused.value.hint
    clean_up(world.ports())
    clean_up(world.ports())
    assert not world.is_built


def test_markers_of_a_drill_that_was_killed_early_are_not_taken_for_its_own() -> None:
    left = Marker(2, datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC))
    report = drill(SCENE, World(primary=[left]).ports(), "run")
    assert [store.marker and store.marker.number for store in report.stores] == [1]


def test_the_last_proven_release_is_recovered_not_the_newest() -> None:
    world = World(entries=(release(9, Status.FAILED), release(8, Status.UNDERWAY), release(7)))
    assert drill(SCENE, world.ports(), "run").release == 7


def test_where_nothing_was_proven_nobody_knows_what_to_recover() -> None:
    world = World(entries=(release(1, Status.FAILED),))
    with pytest.raises(UsageError, match="nothing was ever proven"):
        drill(SCENE, world.ports(), "run")
    assert (world.is_built, world.primary, world.copy) == (False, [], None)


def test_an_image_without_a_digest_is_no_image_to_recover() -> None:
    with pytest.raises(Refused, match="names no digest"):
        drill(SCENE, World(entries=(release(1, image="study:v1"),)).ports(), "run")


def test_a_drill_that_fails_says_how_to_remove_what_it_left() -> None:
    world = World(is_sick=True)
    with pytest.raises(SmokeFailed) as failed:
        drill(SCENE, world.ports(), "run")
    assert failed.value.hint.splitlines() == [
        "Ask again.",
        "What the drill left is removed by: studyctl dr drill prod --clean-up",
    ]
    assert world.is_built
    clean_up(world.ports())
    assert (world.is_built, world.primary, world.copy, world.kept) == (False, [], None, None)


def test_what_did_not_come_back_fails_the_drill() -> None:
    report = drill(SCENE, World(loses=True).ports(), "run")
    with pytest.raises(RecoveryFailed) as failed:
        require_recovered(report)
    assert failed.value.why.splitlines() == ["more was lost than may be", "database: rows had 1, has 0"]
    require_recovered(drill(SCENE, World().ports(), "run"))
