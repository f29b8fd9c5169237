"""Deploys, recoveries and kills in any order: a state machine over a terraform that is played in this process (F11).

Two checkouts share an account. The second only acts while the first has nothing that it must recover: what a run of one
checkout left in doubt is written on that machine, and no other one can know of it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.support.model_terraform import LINEAGE, Account, Blow, Killed, ModelRunner, Strike, is_named
from tests.support.small_environment import Quiet
from tests.unit.usecases.test_deploy import PLATFORM

from studyctl.adapters.journal import FileJournal, read_standing
from studyctl.adapters.terraform.binary import Binary, Version
from studyctl.adapters.terraform.interrupts import Interrupts
from studyctl.adapters.terraform.recovery_root import RecoveryRoot
from studyctl.adapters.terraform.terraform import Terraform
from studyctl.cli.console import Console
from studyctl.cli.options import GlobalOptions
from studyctl.cli.session import report_unfinished
from studyctl.domain.import_ids import Place
from studyctl.domain.journal import Step
from studyctl.domain.lock import HeldLock, LockInfo
from studyctl.domain.outcome import ApplyOutcome
from studyctl.domain.records import DeploymentRecord, StateVersion
from studyctl.domain.run import new_run_id
from studyctl.domain.verification import EXPECTED_FACTS, Expectation, Observation, Verdict
from studyctl.domain.workspace import Workspace
from studyctl.errors import StudyctlError
from studyctl.usecases import deploy as deploying
from studyctl.usecases import recover as recovering
from studyctl.usecases import recovery_ports
from studyctl.usecases.known_state import require_known_state
from studyctl.usecases.plan import JudgedPlan, PlanRequest

ADDRESSES = ["aws_vpc.a", "aws_vpc.b", "aws_iam_role.c", "aws_iam_role.d", "aws_eip.e"]
WANTED = st.sets(st.sampled_from(ADDRESSES), min_size=1)
STRIKES = st.builds(Strike, st.sampled_from(Blow), st.integers(0, 14))
CLEAN = 0
KILLED = -9
CODES: Mapping[Blow, set[int]] = {
    Blow.NONE: {CLEAN},
    Blow.TERRAFORM_KILLED: {7},
    Blow.EVERYTHING_KILLED: {KILLED},
    Blow.COMMAND_KILLED: {KILLED},
    Blow.COMMAND_KILLED_EARLY: {KILLED},
    Blow.DENIED: {6},
    Blow.ANSWER_LOST: {7},
    Blow.STATE_DENIED: {7},
    Blow.UNLOCK_DENIED: {CLEAN},
}
"""What a command that was struck ends with; a blow that came too late, or found nothing to strike, changes nothing."""


@dataclass
class Books:
    """Ledger, lock and account as the use cases see them, shared by all checkouts."""

    account: Account
    records: list[DeploymentRecord] = field(default_factory=list)

    def state_version(self) -> StateVersion | None:
        if self.account.stored is None:
            return None
        return StateVersion(self.account.serial, LINEAGE, f"v{self.account.serial}", "1.11.4", 0)

    def state_outputs(self) -> Mapping[str, Any]:
        return {"platform": PLATFORM}

    def latest_record(self) -> DeploymentRecord | None:
        return self.records[-1] if self.records else None

    def append(self, record: DeploymentRecord) -> DeploymentRecord:
        self.records.append(record.with_number(len(self.records) + 1))
        return self.records[-1]

    def observe(self, wanted: Sequence[Expectation]) -> Sequence[Observation]:
        return [Observation(each, EXPECTED_FACTS[each.kind]) for each in wanted]

    def held(self) -> HeldLock | None:
        lock = self.account.lock
        if lock is None:
            return None
        operation = lock["Operation"].removeprefix("OperationType")
        info = LockInfo(lock["ID"], lock["Path"], operation, lock["Who"], created=lock["Created"])
        return HeldLock(info, lock["ID"], 0.0)

    def remove(self, lock: HeldLock) -> None:
        self.account.lock = None

    def require(self) -> None:
        require_known_state(self.state_version(), self.latest_record(), "dev")


class Narrator(Quiet):
    """Says nothing and agrees to everything."""

    def confirm(self, _: object) -> None: ...

    def applied(self, outcome: ApplyOutcome) -> None: ...

    def verified(self, checks: Sequence[Verdict]) -> None: ...

    def planned(self, plan: JudgedPlan) -> None: ...


class Checkout:
    """One checkout on one machine: the commands that people run there, each in a process that may be killed."""

    def __init__(self, books: Books, folder: Path, holder: str) -> None:
        self.books = books
        self.holder = holder
        self.workspace = Workspace.platform("dev", folder)
        self.workspace.root.mkdir(parents=True)
        (self.workspace.root / "main.tf").write_text("")
        self.runner = ModelRunner(books.account, holder, Interrupts())
        binary = Binary(("terraform",), Version((1, 11, 4), "1.11.4"), "")
        self.terraform = Terraform(binary, environ={}, interrupts=Interrupts(), runner=self.runner)
        self.commands: list[str] = []
        self.unnamed: set[str] = set()

    def deploy(self) -> None:
        site: Any = SimpleNamespace(terraform=self.terraform, workspace=self.workspace)
        report_unfinished(site, _CONSOLE)
        journal, run_id = self._journal("deploy")
        ports = deploying.Ports(
            terraform=self.terraform,
            ledger=self.books,
            observer=self.books,
            journal=journal,
            narrator=Narrator(),
            render=lambda: (),
            now=lambda: "now",
        )
        identity = deploying.RunIdentity(run_id, "actor", "commit", "0.1.0", "1.11.4")
        deploying.deploy(deploying.DeployRequest(PlanRequest()), self.workspace, ports, identity)

    def recover(self) -> None:
        journal, run_id = self._journal("recover")
        ports = recovery_ports.Ports(
            terraform=self.terraform,
            lock=self.books,
            root=RecoveryRoot(self.workspace),
            journal=journal,
            narrator=Narrator(),
            render=lambda: None,
            require_state=self.books.require,
            holder=self.holder,
            place=Place.of("123456789012", "us-east-1"),
        )
        outcome = recovering.recover(recovering.RecoverRequest(), self.workspace, ports, run_id)
        self.unnamed |= set(outcome.unnamed)

    @property
    def owes(self) -> bool:
        """Whether somebody must still be told how a run of it ended."""
        return bool(self.terraform.unfinished(self.workspace))

    def _journal(self, operation: str) -> tuple[FileJournal, str]:
        run_id = new_run_id()
        self.commands.append(run_id)
        return FileJournal(self.workspace, run_id, operation), run_id


_CONSOLE = Console(GlobalOptions(quiet=True, no_color=True))


class Deployments(RuleBasedStateMachine):
    """Commands and kills in any order, and what must hold after each."""

    @initialize(wanted=WANTED, strike=STRIKES)
    def is_first_deployed(self, wanted: set[str], strike: Strike) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.account = Account(wanted=wanted)
        self.books = Books(self.account)
        self.here = Checkout(self.books, self.folder / "here", "anna@laptop")
        self.there = Checkout(self.books, self.folder / "there", "ci@runner")
        self.serial = 0
        self._struck(self.here, self.here.deploy, strike)

    def teardown(self) -> None:
        try:
            if hasattr(self, "here"):
                self.comes_to_rest()
        finally:
            if hasattr(self, "folder"):
                shutil.rmtree(self.folder)

    @precondition(lambda self: self.here.runner.paused is None)
    @rule(wanted=st.none() | WANTED, strike=STRIKES)
    def is_deployed(self, wanted: set[str] | None, strike: Strike) -> None:
        self.account.wanted = wanted or self.account.wanted
        self._struck(self.here, self.here.deploy, strike)

    @precondition(lambda self: self.here.runner.paused is None)
    @rule(strike=STRIKES)
    def is_recovered(self, strike: Strike) -> None:
        self._struck(self.here, self.here.recover, strike)

    @precondition(lambda self: self.here.runner.paused is not None)
    @rule()
    def goes_on(self) -> None:
        assert self.here.runner.paused is not None
        self.here.runner.paused()

    @rule()
    def is_deployed_elsewhere(self) -> None:
        """While a lock is held it is exit 5 and nothing changes; else it is a deploy like any other."""
        is_locked, before = self.account.lock is not None, dict(self.account.real)
        if not is_locked and self.here.owes:
            return
        code = run(self.there.deploy)
        if is_locked:
            assert code == 5, "nobody gets past a lock"
            assert self.account.real == before
        else:
            assert code in {CLEAN, 7}, "7: a name that an earlier run left taken"

    @rule()
    def is_recovered_elsewhere(self) -> None:
        """The lock of another machine's run is never released, whether that run lives or not."""
        lock, before = self.account.lock, dict(self.account.real)
        if lock is None or lock["Who"] == self.there.holder:
            return
        assert run(self.there.recover) == 5
        assert (self.account.lock, self.account.real) == (lock, before)

    @invariant()
    def history_only_grows(self) -> None:
        if hasattr(self, "account"):
            assert self.account.serial >= self.serial, "I4"
            self.serial = self.account.serial

    @invariant()
    def no_run_is_missing_from_the_journal(self) -> None:
        for checkout in (self.here, self.there) if hasattr(self, "here") else ():
            for run_id in checkout.commands:
                stood = read_standing(checkout.workspace.runs / f"{run_id}.jsonl")
                assert stood is not None and stood.run_id == run_id

    def comes_to_rest(self) -> None:
        """After any history: let what lives end, recover, deploy; then everything is as the invariants say."""
        if self.here.runner.paused is not None:
            self.here.runner.paused()
        for checkout in (self.here, self.there):
            run(checkout.deploy)  # tells of runs that ended well while nobody looked
            if checkout.owes or self.account.lock is not None:
                assert run(checkout.recover) in {CLEAN, 5}
        assert self.account.lock is None, "I3"
        code = run(self.here.deploy)
        if code == 7:  # a name that a run of another checkout left taken
            assert run(self.here.recover) == CLEAN
            code = run(self.here.deploy)
        assert code == CLEAN
        state = self.account.stored or {}
        assert set(state) == self.account.wanted or not self.books.records, "I7: what is wanted is there"
        assert {identity: address for address, identity in state.items()}.items() <= self.account.real.items()
        orphans = {address for identity, address in self.account.real.items() if identity not in state.values()}
        assert orphans <= self.here.unnamed | self.there.unnamed, "I1: what no state names was named by recover"
        named = {address for address in orphans if is_named(address)}
        assert not named & self.account.wanted, "what has a name and is wanted was adopted"
        standing = read_standing(self.here.workspace.runs / f"{self.here.commands[-1]}.jsonl")
        assert standing is not None and standing.step is Step.RECORD and standing.is_done
        assert run(self.here.deploy) == CLEAN

    def _struck(self, checkout: Checkout, command: Callable[[], None], strike: Strike) -> None:
        owed, was_locked = checkout.owes, self.account.lock is not None
        checkout.runner.strike = strike
        code = run(command)
        struck = checkout.runner.strike != strike or strike.blow is Blow.NONE
        checkout.runner.strike = Strike(Blow.NONE)
        allowed = CODES[strike.blow] | {CLEAN} if struck else {CLEAN}
        # what an earlier run left is told by the first command after it, and a name it left taken by its own error
        allowed = allowed | ({5, 6, 7} if owed or was_locked else {7} if self._a_name_is_taken() else set())
        assert code in allowed, f"{command.__name__} struck by {strike} ended with {code}"
        if code == CLEAN and strike.blow is Blow.NONE and command == self.here.deploy:
            assert self.account.lock is None, "I3"

    def _a_name_is_taken(self) -> bool:
        state = self.account.stored or {}
        return any(is_named(address) and address not in state for address in self.account.real.values())


def run(command: Callable[[], None]) -> int:
    """The exit code that a command line would end with."""
    try:
        command()
    except Killed:
        return KILLED
    except StudyctlError as failure:
        return failure.exit_code
    return CLEAN


test_f11_after_any_kill_everything_comes_to_rest = Deployments.TestCase
test_f11_after_any_kill_everything_comes_to_rest.settings = settings(
    max_examples=80, stateful_step_count=6, deadline=None, suppress_health_check=list(HealthCheck)
)
