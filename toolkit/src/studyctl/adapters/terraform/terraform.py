"""Terraform as use cases see it: typed outcomes, typed failures, nothing of the caller's shell."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from studyctl.adapters.terraform import (
    binary,
    configuration_scan,
    environment,
    failures,
    initialization,
    lock_file,
    plan_files,
    process,
    runs,
    state_file,
)
from studyctl.adapters.terraform.binary import Binary, Version
from studyctl.adapters.terraform.commands import FLAG
from studyctl.adapters.terraform.events import LineBuffer
from studyctl.adapters.terraform.interrupts import Interrupts
from studyctl.adapters.terraform.process import Ending, OnEvent
from studyctl.adapters.terraform.runner import Runner, cache
from studyctl.domain import guard
from studyctl.domain.configuration import Configuration
from studyctl.domain.events import Event
from studyctl.domain.outcome import ApplyOutcome, InitOutcome, Output, Outputs, PlanFile, PlanKind, PlanOutcome
from studyctl.domain.patience import Patience
from studyctl.domain.run import Operation, RunRecord
from studyctl.domain.state import StateSnapshot, UnsavedState
from studyctl.domain.workspace import Workspace
from studyctl.errors import OutcomeUnknown, StudyctlError

APPLY_PARALLELISM = 30
"""Most of an apply is waiting for AWS: 30 to 40 at once measured fastest. A plan is fastest at terraform's own 10."""

_NO_STATE = "No state file was found"


class Terraform:
    """Runs one binary against any workspace of one target; several threads may use it for different workspaces."""

    def __init__(
        self,
        terraform: Binary,
        *,
        environ: Mapping[str, str],
        connection: Mapping[str, str] | None = None,
        interrupts: Interrupts | None = None,
        patience: Patience | None = None,
        runner: Runner | None = None,
    ) -> None:
        """`runner` starts its commands; None: as processes of this machine."""
        self._binary = terraform
        self._environ = dict(environ)
        self.interrupts = interrupts or Interrupts()
        self._patience = patience or Patience()
        self._runner = runner or Runner(
            terraform.launcher, self._environ, dict(connection or {}), self.interrupts, self._patience
        )

    @classmethod
    def find(
        cls,
        environ: Mapping[str, str],
        *,
        connection: Mapping[str, str] | None = None,
        interrupts: Interrupts | None = None,
        patience: Patience | None = None,
    ) -> Self:
        """Return terraform as this machine has it. `connection` holds the AWS_* variables of the target.

        Raises:
            PreflightFailed: it is missing or too old.
        """
        return cls(
            binary.find(environ), environ=environ, connection=connection, interrupts=interrupts, patience=patience
        )

    @property
    def binary(self) -> Binary:
        """Which terraform it is, and where it was found."""
        return self._binary

    @property
    def scrubbed(self) -> tuple[str, ...]:
        """Names of the caller's variables that terraform does not get; whoever called should be told."""
        return environment.scrubbed(self._environ)

    def version(self) -> Version:
        """Return the version of the binary."""
        return self._binary.version

    def init(self, workspace: Workspace, *, force: bool = False) -> InitOutcome:
        """Install providers and modules and choose the backend, unless that was done for the same configuration.

        Raises:
            Refused: the configuration would run or fetch what it must not.
            UsageError: the configuration is not HCL, or the root holds stray variable files.
            PreflightFailed: a provider is not locked or not to be had, or the state's bucket does not exist.
        """
        environment.refuse_stray_files(workspace)
        configuration = self.configuration(workspace)
        guard.check_configuration(configuration).enforce()
        lock_file.require(workspace.root, (requirement.source for requirement in configuration.providers))
        settings = self._runner.write_settings(workspace)
        wanted = initialization.fingerprint(workspace, configuration, self._binary, settings)
        if not force and initialization.is_done(workspace, wanted):
            return InitOutcome.SKIPPED
        with initialization.alone(cache(workspace)):
            initialization.forget(workspace)
            self._runner.init(workspace)
            initialization.remember(workspace, wanted)
        return InitOutcome.DONE

    def configuration(self, workspace: Workspace) -> Configuration:
        """Return what the root and its modules contain, without terraform.

        Raises:
            UsageError: a file is not HCL.
        """
        return configuration_scan.scan(workspace.root)

    def plan(
        self,
        workspace: Workspace,
        run_id: str,
        *,
        out: Path,
        destroy: bool = False,
        refresh_only: bool = False,
        refresh: bool = True,
        replace: Sequence[str] = (),
        targets: Sequence[str] = (),
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> PlanOutcome:
        """Plan into `out`, which is 0600 afterwards.

        Raises:
            Locked: somebody works on the environment.
            PreflightFailed: credentials, bucket, provider, disk.
            UsageError: the configuration is not valid.
            Interrupted, Terminated: a signal; nothing was changed.
        """
        plan_files.prepare(out)
        line = self._runner.line(
            "plan",
            json=FLAG,
            input=False,
            detailed_exitcode=FLAG,
            destroy=FLAG if destroy else None,
            refresh_only=FLAG if refresh_only else None,
            refresh=None if refresh else False,
            lock_timeout=f"{lock_timeout_seconds}s",
            replace=tuple(replace),
            target=tuple(targets),
            var_file=str(workspace.var_file) if workspace.var_file.exists() else None,
            out=str(out),
        )
        begun = time.monotonic()
        ending = self._runner.supervise(workspace, run_id, Operation.PLAN, line, on_event)
        if (
            ending.interrupted_by is not None
            or ending.hung
            or ending.exit_code
            not in (
                PlanKind.NO_CHANGES.value,
                PlanKind.CHANGES.value,
            )
        ):
            out.unlink(missing_ok=True)
            runs.mark_reported(ending.folder)
            raise failures.of(ending, Operation.PLAN, workspace.environment)
        runs.mark_reported(ending.folder)
        sealed = plan_files.seal(out, workspace.environment)
        return PlanOutcome(PlanKind(ending.exit_code), sealed, ending.progress, time.monotonic() - begun)

    def apply(
        self,
        workspace: Workspace,
        run_id: str,
        plan: PlanFile,
        *,
        parallelism: int = APPLY_PARALLELISM,
        lock_timeout_seconds: int = 0,
        on_event: OnEvent | None = None,
    ) -> ApplyOutcome:
        """Apply exactly that plan. Should this process die, terraform finishes and `unfinished` finds it.

        Raises:
            StalePlan: the file was changed, or the state was since.
            Locked: somebody works on the environment.
            ApplyFailed: part of it failed, the state is stored.
            OutcomeUnknown: the state may not hold everything that exists.
            Interrupted, Terminated: a signal, with nothing in flight.
        """
        plan_files.verify(plan, workspace.environment)
        line = self._runner.line(
            "apply",
            plan.path,
            json=FLAG,
            input=False,
            parallelism=parallelism,
            lock_timeout=f"{lock_timeout_seconds}s",
        )
        begun = time.monotonic()
        ending = self._runner.supervise(workspace, run_id, Operation.APPLY, line, on_event)
        return _told(ending.folder, _ended(ending, workspace, time.monotonic() - begun, Operation.APPLY))

    def unfinished(self, workspace: Workspace) -> tuple[RunRecord, ...]:
        """Return the runs whose end nobody was told, oldest first: still running, finished, or lost."""
        return tuple(record for record in runs.find(workspace) if record.needs_attention)

    def runs(self, workspace: Workspace) -> tuple[RunRecord, ...]:
        """Return every operation that left a folder, oldest first."""
        return runs.find(workspace)

    def pick_up(self, workspace: Workspace, record: RunRecord, *, on_event: OnEvent | None = None) -> ApplyOutcome:
        """Follow a run of an earlier command to its end, or report how it ended; raises what `apply` raises.

        A run whose outcome is unknown stays unreported: the next command raises the same until it is recovered.
        """
        return _told(record.folder, self.end_of(workspace, record, on_event=on_event))

    def end_of(
        self, workspace: Workspace, record: RunRecord, *, on_event: OnEvent | None = None
    ) -> ApplyOutcome | StudyctlError:
        """Follow a run to its end and return what it came to; whether somebody was told is left to the caller."""
        ending = process.pick_up(record.folder, self.interrupts, on_event, self._patience)
        finished_at = ending.result.finished_at if ending.result else time.time()
        ended = _ended(ending, workspace, max(0.0, finished_at - record.started_at), record.operation)
        if isinstance(ended, OutcomeUnknown):
            runs.mark_doubtful(record.folder, ended.what)
        elif record.doubt:
            # what made it doubtful, such as a signal, was seen only by the command that died or gave up
            return OutcomeUnknown(record.doubt, hint=_recovery_hint(workspace))
        return ended

    def vouch_for(self, record: RunRecord) -> None:
        """Remember that it is known what a run came to."""
        runs.mark_reported(record.folder)

    def events_of(self, record: RunRecord) -> Iterator[Event]:
        """Yield what a run said, from its first event."""
        lines = LineBuffer()
        try:
            with record.stream.open("rb") as stream:
                while chunk := stream.read(1 << 20):
                    yield from lines.feed(chunk)
        except FileNotFoundError:
            return
        yield from lines.end()

    def last_sign_of_life(self, record: RunRecord) -> float:
        """Return when a run wrote anything last, in seconds since the epoch."""
        return runs.last_sign_of_life(record.folder)

    def unsaved_states(self, workspace: Workspace, record: RunRecord) -> tuple[UnsavedState, ...]:
        """Return the states that terraform could not store in a run: in its folder, or where it ran."""
        return tuple(state_file.find_unsaved(workspace, record))

    def state(self, workspace: Workspace) -> StateSnapshot | None:
        """Return what the state names, without a lock; None where there is no state.

        Raises:
            OutcomeUnknown: there is an object, but it is no state.
        """
        answer = self._runner.read(workspace, "state pull")
        return state_file.parse_pulled(answer.stdout, workspace.environment)

    def push_state(self, workspace: Workspace, path: Path) -> None:
        """Store a state; terraform refuses one of another lineage or an older one.

        Raises:
            PreflightFailed: it was refused.
        """
        self._runner.read(workspace, "state push", path)

    def untaint(self, workspace: Workspace, address: str) -> None:
        """Take back that a resource must be replaced."""
        self._runner.read(workspace, "untaint", address)

    def forget(self, workspace: Workspace, address: str) -> None:
        """Take an address out of the state; nothing real is touched."""
        self._runner.read(workspace, "state rm", address)

    def show_plan(self, workspace: Workspace, plan: PlanFile) -> Mapping[str, Any]:
        """Return the plan as terraform's JSON. It holds sensitive values: keep it in memory.

        Raises:
            StalePlan: the file was changed.
        """
        plan_files.verify(plan, workspace.environment)
        answer = self._runner.read(workspace, "show", plan.path, json=FLAG)
        return _mapping(answer.stdout)

    def discard(self, plan: PlanFile) -> None:
        """Remove a plan that was applied or is no longer wanted."""
        plan_files.discard(plan)

    def outputs(self, workspace: Workspace) -> Outputs:
        """Return the outputs of the last apply."""
        answer = self._runner.read(workspace, "output", json=FLAG)
        return {
            name: Output(output.get("value"), bool(output.get("sensitive")))
            for name, output in _mapping(answer.stdout).items()
        }

    def state_addresses(self, workspace: Workspace) -> tuple[str, ...]:
        """Return the address of everything in the state; nothing before the first apply."""
        answer = self._runner.ask(workspace, "state list")
        if answer.exit_code != 0 and _NO_STATE in answer.stderr:
            return ()
        return tuple(self._runner.good(answer, workspace).stdout.splitlines())

    def force_unlock(self, workspace: Workspace, lock_id: str) -> None:
        """Remove a lock whose holder is known to be gone.

        Raises:
            PreflightFailed: there is no such lock.
        """
        self._runner.read(workspace, "force-unlock", lock_id, force=FLAG)


def _ended(ending: Ending, workspace: Workspace, seconds: float, operation: Operation) -> ApplyOutcome | StudyctlError:
    lock_left = failures.left_lock(ending)
    good = (PlanKind.NO_CHANGES.value, PlanKind.CHANGES.value) if operation is Operation.PLAN else (0,)
    is_finished = ending.exit_code in good or (ending.exit_code is None and ending.progress.has_applied)
    if lock_left or (is_finished and not ending.progress.errors):
        is_cut = operation.changes_things and not lock_left and not ending.progress.has_applied
        return ApplyOutcome(ending.progress, seconds, lock_left, ending.interrupted_by is not None, is_cut)
    return failures.of(ending, operation, workspace.environment)


def _told(folder: Path, ended: ApplyOutcome | StudyctlError) -> ApplyOutcome:
    """Tell the caller, and remember that somebody was told unless nobody knows."""
    if isinstance(ended, OutcomeUnknown):
        runs.mark_doubtful(folder, ended.what)
        raise ended
    runs.mark_reported(folder)
    if isinstance(ended, StudyctlError):
        raise ended
    return ended


def _recovery_hint(workspace: Workspace) -> str:
    return f"Find out what exists, and adopt it, with: studyctl recover {workspace.environment}"


def _mapping(text: str) -> dict[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise TypeError("terraform's JSON is not an object")
    return value
