"""Releases, rollbacks and resumes in any order, dying anywhere: what serves is the last proven release or the one
being proven, never a mixture that nobody decided, and at rest nothing is left over."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.support.releases.commands import QUICK, Environment
from tests.support.releases.definitions import digest
from tests.support.releases.mortal import Killed
from tests.support.releases.world import Behaviour, World

from studyctl.domain.release.bake import AlarmState
from studyctl.domain.release.history import awaits_return, last_proven, line_of, unfinished
from studyctl.domain.release.ledger import LedgerEntry, Operation, Status
from studyctl.domain.release.strategy import StrategyKind
from studyctl.errors import OutcomeUnknown, Refused, ReleaseFailed

LETTERS = "abcdef"
BEHAVIOURS = st.sampled_from(
    [
        Behaviour(),
        Behaviour(),
        Behaviour(crashes=True),
        Behaviour(is_wrong=True),
        Behaviour(p95_seconds=0.5),
        Behaviour(error_rate=0.3),
        Behaviour(rings_after_seconds=1),
    ]
)
MOMENTS = st.one_of(st.none(), st.integers(0, 90))
SERVICES = ("api", "document")
IMAGES = st.sampled_from(LETTERS)


class ReleaseMachine(RuleBasedStateMachine):
    """One environment whose api is released in each of the ways."""

    def __init__(self) -> None:
        super().__init__()
        self.environment = Environment(World(services_kept=SERVICES, desired=1))
        self.world = self.environment.world
        self.environment.release("0")  # without a first release there is nothing to go back to
        self.world.on_tick = self._require_what_serves  # not only between commands: whenever one waits

    @rule(image=IMAGES, behaviour=BEHAVIOURS, kind=st.sampled_from(StrategyKind), moment=MOMENTS)
    def release(self, image: str, behaviour: Behaviour, kind: StrategyKind, moment: int | None) -> None:
        proven = {each for entry in self._entries if entry.is_proven for each in entry.release.images.values()}
        if not any(text.endswith(digest(image)) for text in proven):  # an image does what it did when it was proven
            self.world.behaviours[digest(image)] = behaviour
        self.environment.strategies["api"] = QUICK.model_copy(update={"kind": kind})
        self._run(lambda: self.environment.release(image), moment)

    @rule(service=st.sampled_from(SERVICES), image=IMAGES, moment=MOMENTS)
    def release_one_service(self, service: str, image: str, moment: int | None) -> None:
        if digest(image) in self.world.behaviours:
            self._run(lambda: self.environment.release(image, services=(service,)), moment)

    @rule(moment=MOMENTS)
    def roll_back(self, moment: int | None) -> None:
        self._run(self.environment.rollback, moment)

    @rule(moment=MOMENTS)
    def resume(self, moment: int | None) -> None:
        self._run(self.environment.resume, moment)

    @rule(state=st.sampled_from([AlarmState.OK, AlarmState.ALARM, AlarmState.INSUFFICIENT_DATA]))
    def an_alarm_changes(self, state: AlarmState) -> None:
        self.world.alarms["study-dev-dead-letters"] = state

    @precondition(lambda self: self._is_at_rest and self._is_quiet)
    @rule(service=st.sampled_from(SERVICES))
    def somebody_deploys_past_us(self, service: str) -> None:
        self.world.running = "somebody else"
        place = self.world.place.services[service]
        self.world.update(place.name, definition_arn=place.template_arn)
        self.world.roll()
        self.world.roll()
        self.world.on_tick = lambda: None  # what somebody did serves until it is found
        self._run(self.environment.release, None)  # the next release puts it right, or the way back from it
        self.world.on_tick = self._require_what_serves

    @invariant()
    def what_serves_is_the_last_proven_release_or_the_one_being_proven(self) -> None:
        self._require_what_serves()

    @invariant()
    def at_rest_the_last_proven_release_serves_whole_and_nothing_is_left_over(self) -> None:
        if not self._is_at_rest:
            return
        proven = last_proven(self._entries)
        assert proven is not None
        assert self.world.serving_arns() == {
            key: content.definition_arn for key, content in proven.release.services.items()
        }
        assert set(self.world.green_percent.values()) == {0}
        assert not [name for name in self.world.services if name.endswith("-green")]
        lock = self.environment.lock.lock
        assert lock is None or lock.process in self.world.dead, "who lives gives the lock back"

    @invariant()
    def the_ledger_makes_sense(self) -> None:
        entries = self._entries
        assert [entry.number for entry in entries] == list(range(1, len(entries) + 1))
        for entry in entries:
            if entry.status is Status.PROVEN:
                assert entry.verdicts["smoke"].has_passed
                assert entry.operation.goes_back or entry.verdicts["bake"].has_passed
            if entry.operation is Operation.RETURN:
                answered = [each for each in entries if each.caused_by == entry.caused_by]
                assert answered == [entry], "a failure is answered once"
        assert all(not entry.operation.goes_back or entry.restores for entry in line_of(entries))

    @property
    def _entries(self) -> tuple[LedgerEntry, ...]:
        return self.environment.entries

    @property
    def _is_at_rest(self) -> bool:
        return unfinished(self._entries) is None and awaits_return(self._entries) is None and self._is_unharmed

    @property
    def _is_unharmed(self) -> bool:
        """No way back died or failed: then the newest entry says so and a person decides."""
        newest = self._entries[-1]
        return newest.is_proven or not newest.operation.goes_back

    @property
    def _is_quiet(self) -> bool:
        return all(state is AlarmState.OK for state in self.world.alarms.values())

    def _require_what_serves(self) -> None:
        for key, arn in self.world.serving_arns().items():
            assert arn in self._allowed(key), f"{key} runs {arn}"

    def _allowed(self, key: str) -> set[str | None]:
        """The revisions that the ledger stands behind: the last proven one's, and what came after it and was not
        answered yet: being proven, or failed and about to be left. What failed before it changed anything is neither.
        """
        entries = self._entries
        proven = last_proven(entries)
        assert proven is not None
        later = [entry for entry in entries if entry.number > proven.number and entry.has_touched]
        return {entry.release.services[key].definition_arn for entry in (proven, *later)}

    def _run(self, command: Callable[[], object], moment: int | None) -> None:
        self.world.kill_at = moment
        with contextlib.suppress(Killed, ReleaseFailed, OutcomeUnknown, Refused):
            command()


TestReleaseMachine = ReleaseMachine.TestCase
TestReleaseMachine.settings = settings(max_examples=40, stateful_step_count=12, deadline=None)
