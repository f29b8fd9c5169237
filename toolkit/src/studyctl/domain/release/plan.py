"""The plan of a release, made before anything is done: what each service will run, what differs, and the steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from studyctl.domain.release.definitions import (
    Definition,
    DefinitionChange,
    differences,
    image_of,
    registrable,
    with_image,
)
from studyctl.domain.release.images import Image
from studyctl.domain.release.ledger import LedgerEntry
from studyctl.domain.release.place import Place, ServicePlace
from studyctl.domain.release.release import Release, ServiceContent
from studyctl.domain.release.seen import ServiceSeen
from studyctl.domain.release.steps import Step, StepKind
from studyctl.domain.release.strategy import Strategy, StrategyKind
from studyctl.errors import Refused, UsageError


@dataclass(frozen=True)
class Wish:
    """What shall run: for each chosen service Terraform's template and the image, if one was named."""

    templates: Mapping[str, Definition]
    images: Mapping[str, str]
    commit: str
    run_before: tuple[str, ...] = ()
    """A command for a one-off task of the new image, before any service changes: the migrations."""
    run_before_always: bool = True
    """Whether the command alone is reason enough; else it runs only where a service changes."""


@dataclass(frozen=True)
class RolloutPlan:
    """What a release will do. `changes` names only services that change, `why` says it where no value differs."""

    release: Release
    changes: Mapping[str, tuple[DefinitionChange, ...]]
    why: Mapping[str, str]
    steps: tuple[Step, ...]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.steps


def plan_rollout(
    place: Place,
    wish: Wish,
    *,
    environment: str,
    base: LedgerEntry | None,
    seen: Mapping[str, ServiceSeen],
    strategies: Mapping[str, Strategy],
    minimum_counts: Mapping[str, int],
) -> RolloutPlan:
    """Decide what each service will run and in which steps. `seen` is keyed like the place's services.

    Raises:
        UsageError: the first release leaves services out, so it could never be put back whole.
        Refused: a service does not exist in ECS.
    """
    _require_a_whole(place, wish, base)
    _require_services(place, seen, environment)
    contents: dict[str, ServiceContent] = {}
    changes: dict[str, tuple[DefinitionChange, ...]] = {}
    why: dict[str, str] = {}
    for key in place.services:
        before = base.release.services.get(key) if base else None
        if key not in wish.templates:
            if before is not None:
                contents[key] = before
            continue
        content = _content(
            place.services[key],
            wish,
            before,
            desired=seen[key].desired,
            minimum_count=minimum_counts[key],
            strategy=strategies[key],
        )
        changed = tuple(differences(before.definition if before else None, content.definition))
        if before is not None and not changed and seen[key].runs(before.definition_arn):
            contents[key] = before
            continue
        contents[key] = content
        changes[key] = changed if before is not None else ()
        why[key] = _why(before, changed, content)
    release = Release(services=contents, commit=wish.commit)
    run_before = wish.run_before if why or wish.run_before_always else ()
    steps = tuple(_steps(place, release, tuple(why), run_before, has_base=base is not None))
    return RolloutPlan(release, changes, why, steps)


def longest(strategies: Sequence[Strategy]) -> Strategy:
    """The strategy whose bake is the longest: what bakes together bakes as long as the most careful of them."""
    return max(strategies, key=lambda strategy: (strategy.bake_seconds, strategy.hold_seconds), default=Strategy())


def _content(
    service: ServicePlace,
    wish: Wish,
    before: ServiceContent | None,
    *,
    desired: int,
    minimum_count: int,
    strategy: Strategy,
) -> ServiceContent:
    template = registrable(wish.templates[service.key])
    image = wish.images.get(service.key) or (before.image if before else image_of(template))
    return ServiceContent(
        service=service.name,
        image=image,
        definition=registrable(with_image(template, image)),
        template_arn=service.template_arn,
        count=max(desired, minimum_count),
        strategy=strategy if before is not None else strategy.model_copy(update={"kind": StrategyKind.ROLLING}),
    )


def _why(before: ServiceContent | None, changed: Sequence[DefinitionChange], content: ServiceContent) -> str:
    if before is None:
        image = Image.parse(content.image)
        return f"never released; {image.short if image else content.image}"
    if changed:
        return f"{len(changed)} {'value differs' if len(changed) == 1 else 'values differ'}"
    return "what runs is not what was released"


def _require_a_whole(place: Place, wish: Wish, base: LedgerEntry | None) -> None:
    missing = sorted(place.services.keys() - wish.templates.keys() - (base.release.services.keys() if base else set()))
    if missing:
        raise UsageError(
            f"nothing was ever released for {', '.join(missing)}",
            why="A release is all services as one unit, so that it can be put back as one.",
            hint="Name no service: then all are released.",
        )


def _require_services(place: Place, seen: Mapping[str, ServiceSeen], environment: str) -> None:
    gone = [place.services[key].name for key in place.services if key not in seen or not seen[key].is_active]
    if gone:
        raise Refused(
            f"there is no service {', '.join(gone)} in cluster {place.cluster}",
            why="Terraform makes services, releases only change what they run. Nothing was changed.",
            hint=f"Deploy first: studyctl deploy {environment} --only infra",
        )


def _steps(
    place: Place, release: Release, changed: tuple[str, ...], run_before: tuple[str, ...], *, has_base: bool
) -> Iterator[Step]:
    """Workers first, so that whoever is given new work can do it; then what is balanced; at last, one after another,
    what runs beside the old."""
    if not changed and not run_before:
        return
    if changed:
        yield Step(kind=StepKind.REGISTER, services=changed)
    if run_before:
        yield Step(kind=StepKind.MIGRATE, services=_migrating(place, changed), command=run_before)
    beside = [key for key in changed if has_base and release.services[key].strategy.is_beside]
    workers = tuple(key for key in changed if place.services[key].colours is None)
    balanced = tuple(key for key in changed if place.services[key].colours is not None and key not in beside)
    if workers:
        yield Step(kind=StepKind.UPDATE, services=workers)
    if workers and (balanced or beside):
        yield Step(kind=StepKind.AWAIT_START, services=workers)
    if balanced:
        yield Step(kind=StepKind.UPDATE, services=balanced)
    if workers or balanced:
        yield Step(kind=StepKind.FOLLOW, services=(*workers, *balanced))
    for key in beside:
        yield from _beside(key, release.services[key].strategy)
    yield Step(kind=StepKind.SMOKE, services=tuple(release.services))
    yield Step(kind=StepKind.BAKE, services=changed or tuple(release.services))


def _beside(key: str, strategy: Strategy) -> Iterator[Step]:
    """Green comes up, gets the traffic stage by stage, and blue follows while it has none: terraform's is blue."""
    yield Step(kind=StepKind.START_GREEN, services=(key,))
    yield Step(kind=StepKind.FOLLOW_GREEN, services=(key,))
    for weight in strategy.stages:
        yield Step(kind=StepKind.SHIFT, services=(key,), weight=weight)
        yield Step(kind=StepKind.WATCH, services=(key,), weight=weight)
    yield Step(kind=StepKind.UPDATE, services=(key,))
    yield Step(kind=StepKind.FOLLOW, services=(key,))
    yield Step(kind=StepKind.WITHDRAW, services=(key,))


def _migrating(place: Place, changed: tuple[str, ...]) -> tuple[str, ...]:
    """The one service whose image and network the migration runs with: the last to be released."""
    return (changed or tuple(place.services))[-1:]
