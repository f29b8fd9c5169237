import os
import queue
import select
import signal
import stat
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.functional.terraform.conftest import Blocked, Fake, Start
from tests.functional.terraform.watching import await_end, await_file, await_line, process_of, record_of

from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.events import Event
from studyctl.domain.lock import StateLocked
from studyctl.domain.outcome import PlanOutcome
from studyctl.domain.progress import Progress
from studyctl.domain.run import RunStatus
from studyctl.domain.workspace import Workspace
from studyctl.errors import Interrupted, OutcomeUnknown, PreflightFailed

pytestmark = pytest.mark.terraform


def hook(kind: str, address: str = "aws_vpc.main", **fields: object) -> dict[str, object]:
    return {"type": kind, "hook": {"resource": {"addr": address}, "action": "create", **fields}}


SUMMARY = {"type": "change_summary", "changes": {"add": 1, "change": 0, "remove": 0, "operation": "apply"}}


def test_f01_terraform_survives_its_parent_and_a_later_command_follows_it(
    blocked: Blocked, start: Start, terraform: Terraform
) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (found,) = terraform.unfinished(blocked.workspace)
    assert (found.run_id, found.status) == ("applied", RunStatus.RUNNING)
    blocked.release()
    outcome = terraform.pick_up(blocked.workspace, found)
    assert outcome.progress.done == 1
    assert terraform.unfinished(blocked.workspace) == ()
    assert terraform.state_addresses(blocked.workspace) == ("terraform_data.blocked",)


def test_f01_an_orphan_that_finished_is_reported_with_its_exit_code(
    blocked: Blocked, start: Start, terraform: Terraform
) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    process.kill()
    identity = process_of(blocked.workspace)
    blocked.release()
    await_end(identity)
    await_file(blocked.workspace.run_dir("applied") / "apply" / "result.json")
    (found,) = terraform.unfinished(blocked.workspace)
    assert found.status is RunStatus.FINISHED
    assert found.result is not None
    assert found.result.exit_code == 0
    assert terraform.pick_up(blocked.workspace, found).progress.done == 1
    assert terraform.unfinished(blocked.workspace) == ()


def test_f04_a_lost_run_is_an_unknown_outcome(blocked: Blocked, start: Start, terraform: Terraform) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    process.kill()
    identity = process_of(blocked.workspace)
    os.killpg(os.getpgid(identity.pid), signal.SIGKILL)
    await_end(identity)
    (found,) = terraform.unfinished(blocked.workspace)
    assert found.status is RunStatus.LOST
    for _ in range(2):  # every command stops there until it is recovered
        with pytest.raises(OutcomeUnknown, match="nobody recorded"):
            terraform.pick_up(blocked.workspace, found)
    (still,) = terraform.unfinished(blocked.workspace)
    assert "nobody recorded" in still.doubt
    terraform.vouch_for(still)
    assert terraform.unfinished(blocked.workspace) == ()


def test_f10_a_killed_terraform_is_an_unknown_outcome_that_names_what_was_in_flight(
    blocked: Blocked, start: Start, terraform: Terraform
) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    os.kill(process_of(blocked.workspace).pid, signal.SIGKILL)
    assert "killed" in await_line(process, "OutcomeUnknown")
    assert process.wait() == 7
    result = record_of(blocked.workspace).result
    assert result is not None
    assert (result.exit_code, result.signal) == (137, 9)


def test_f09_a_hung_up_terminal_ends_nothing(blocked: Blocked, start: Start) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    os.killpg(process.pid, signal.SIGHUP)
    os.killpg(os.getpgid(process_of(blocked.workspace).pid), signal.SIGHUP)
    blocked.release()
    assert await_line(process, "applied") == "applied 1 interrupted=False"
    assert process.wait() == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_f06_f08_one_signal_stops_terraform_politely(
    blocked: Blocked, start: Start, terraform: Terraform, number: signal.Signals
) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    process.send_signal(number)
    await_line(process, "FORWARDED")
    assert "in flight" in await_line(process, "OutcomeUnknown")
    assert process.wait() == 7
    result = record_of(blocked.workspace).result
    assert result is not None
    assert (result.exit_code, result.signal) == (1, 0)
    assert not (blocked.workspace.root / ".terraform.tfstate.lock.info").exists()


def test_f13_f15_a_second_command_is_told_who_holds_the_lock(
    blocked: Blocked, start: Start, terraform: Terraform
) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    with pytest.raises(StateLocked) as caught:
        terraform.plan(blocked.workspace, "second", out=blocked.workspace.build / "second.tfplan")
    assert caught.value.exit_code == 5
    assert caught.value.lock is not None
    assert caught.value.lock.operation == "Apply"
    assert caught.value.lock.who
    assert caught.value.lock.created
    blocked.release()
    await_line(process, "applied 1")


def test_f07_a_second_signal_is_explained_and_not_passed_on(fake: Fake, start: Start) -> None:
    gate, signals = fake.pipe("gate"), fake.folder / "signals"
    fake.plays(
        ["trap", str(signals)],
        ["emit", hook("apply_start")],
        ["await", str(gate)],
        ["emit", hook("apply_complete")],
        ["emit", SUMMARY],
    )
    process = start(fake.workspace, fake.plan)
    await_line(process, "ApplyStarted")
    process.send_signal(signal.SIGINT)
    await_line(process, "FORWARDED")
    process.send_signal(signal.SIGINT)
    await_line(process, "EXPLAINED")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    await_file(signals)
    with gate.open("wb"):
        pass
    assert await_line(process, "applied") == "applied 1 interrupted=True"
    assert signals.read_text() == "SIGINT\n"


def test_an_interruption_with_nothing_in_flight_is_clean(fake: Fake, start: Start) -> None:
    gate, signals = fake.pipe("gate"), fake.folder / "signals"
    fake.plays(
        ["trap", str(signals)],
        ["emit", hook("apply_start")],
        ["emit", hook("apply_complete")],
        ["await", str(gate)],
        ["exit", 1],
    )
    process = start(fake.workspace, fake.plan)
    await_line(process, "ApplyCompleted")
    process.send_signal(signal.SIGTERM)
    await_line(process, "FORWARDED")
    await_file(signals)
    with gate.open("wb"):
        pass
    await_line(process, "Terminated")
    assert process.wait() == 143


def test_without_its_recorder_the_stream_decides(fake: Fake, start: Start) -> None:
    gate = fake.pipe("gate")
    fake.plays(["emit", hook("apply_start")], ["await", str(gate)], ["emit", hook("apply_complete")], ["emit", SUMMARY])
    process = start(fake.workspace, fake.plan)
    await_line(process, "ApplyStarted")
    os.kill(parent_of(process_of(fake.workspace).pid), signal.SIGKILL)
    with gate.open("wb"):
        pass
    assert await_line(process, "applied") == "applied 1 interrupted=False"


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


@pytest.fixture
def applying(fake: Fake) -> Callable[[], object]:
    return lambda: fake.terraform.apply(fake.workspace, "applied", fake.plan)


def test_f21_f83_a_state_that_could_not_be_stored_is_kept_for_its_owner(
    fake: Fake, applying: Callable[[], object]
) -> None:
    left = fake.workspace.root / "errored.tfstate"
    diagnostic = {"severity": "error", "summary": "Failed to persist state to backend", "detail": "AccessDenied"}
    fake.plays(["write", str(left), "{}"], ["emit", {"type": "diagnostic", "diagnostic": diagnostic}], ["exit", 1])
    with pytest.raises(OutcomeUnknown) as caught:
        applying()
    kept = fake.workspace.run_dir("applied") / "apply" / "errored.tfstate"
    assert str(kept) in caught.value.why
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert not left.exists()


def test_an_old_errored_state_is_not_taken_for_ours(fake: Fake, applying: Callable[[], object]) -> None:
    left = fake.workspace.root / "errored.tfstate"
    left.write_text("{}")
    os.utime(left, (1, 1))
    fake.plays(["emit", SUMMARY])
    applying()
    assert left.exists()


def test_f24_a_lock_that_could_not_be_given_back_is_not_a_failure(fake: Fake) -> None:
    diagnostic = {"severity": "error", "summary": "Error releasing the state lock", "detail": "503"}
    fake.plays(["emit", SUMMARY], ["emit", {"type": "diagnostic", "diagnostic": diagnostic}], ["exit", 1])
    assert fake.terraform.apply(fake.workspace, "applied", fake.plan).lock_left


def test_a_torn_stream_and_noise_in_it_hurt_nothing(fake: Fake) -> None:
    fake.plays(["raw", "panic: noise\n\x00\n"], ["emit", SUMMARY], ["raw", '{"type": "diagnos'])
    assert fake.terraform.apply(fake.workspace, "applied", fake.plan).summary is not None


def test_a_callback_that_fails_does_not_lose_terraform(fake: Fake) -> None:
    fake.plays(["emit", hook("apply_start")], ["write", str(fake.folder / "done"), "x"], ["emit", SUMMARY])

    def broken(*_: object) -> None:
        raise RuntimeError("a bug in drawing")

    with pytest.raises(RuntimeError, match="drawing"):
        fake.terraform.apply(fake.workspace, "applied", fake.plan, on_event=broken)
    assert (fake.folder / "done").exists()
    (found,) = fake.terraform.unfinished(fake.workspace)
    assert fake.terraform.pick_up(fake.workspace, found).summary is not None


def test_a_closed_terminal_does_not_lose_terraform(fake: Fake) -> None:
    fake.plays(["emit", hook("apply_start")], ["emit", SUMMARY])

    def closed(*_: object) -> None:
        raise BrokenPipeError

    assert fake.terraform.apply(fake.workspace, "applied", fake.plan, on_event=closed).summary is not None


def test_f59_a_plan_cut_short_by_a_full_disk_is_not_a_plan(fake: Fake) -> None:
    out = fake.workspace.build / "new.tfplan"
    fake.plays(["write", str(out), ""], ["exit", 2])
    with pytest.raises(PreflightFailed, match="could not be written"):
        fake.terraform.plan(fake.workspace, "planned", out=out)
    assert not out.exists()


def test_f07_a_third_deliberate_signal_forces(fake: Fake, start: Start) -> None:
    gate, signals = fake.pipe("gate"), fake.folder / "signals"
    fake.plays(["trap", str(signals)], ["emit", hook("apply_start")], ["await", str(gate)], ["exit", 1])
    process = start(fake.workspace, fake.plan)
    await_line(process, "ApplyStarted")
    process.send_signal(signal.SIGINT)
    await_line(process, "FORWARDED")
    process.send_signal(signal.SIGINT)
    await_line(process, "EXPLAINED")
    while not is_readable(process):
        process.send_signal(signal.SIGINT)
    await_line(process, "FORCED")
    with gate.open("wb"):
        pass
    assert "forced" in await_line(process, "OutcomeUnknown")
    assert signals.read_text().startswith("SIGINT\n")


def is_readable(process: "subprocess.Popen[str]") -> bool:
    assert process.stdout is not None
    return bool(select.select([process.stdout], [], [], 0.2)[0])


def test_one_signal_stops_the_plans_of_several_environments(fake: Fake) -> None:
    started: queue.SimpleQueue[str] = queue.SimpleQueue()
    fake.plays(["emit", hook("refresh_start")], ["await", str(fake.pipe("never"))])

    def plan(name: str) -> type[BaseException]:
        workspace = Workspace.platform(name, fake.workspace.root.parent.parent)
        with pytest.raises(Interrupted) as caught:
            fake.terraform.plan(
                workspace, "planned", out=workspace.build / "x.tfplan", on_event=lambda *_: started.put(name)
            )
        return caught.type

    with fake.terraform.interrupts, ThreadPoolExecutor() as pool:
        plans = [pool.submit(plan, name) for name in ("dev", "prod")]
        assert {started.get(timeout=30), started.get(timeout=30)} == {"dev", "prod"}
        os.kill(os.getpid(), signal.SIGINT)
        assert [each.result(timeout=30) for each in plans] == [Interrupted, Interrupted]


def test_f58_a_state_that_has_nowhere_to_go_is_on_no_screen_and_is_found(
    fake: Fake, applying: Callable[[], object], capfd: pytest.CaptureFixture[str]
) -> None:
    attributes = {"id": "x", "password": "hunter2-marker"}
    instance = {"mode": "managed", "type": "aws_x", "name": "y", "instances": [{"attributes": attributes}]}
    state = {"version": 4, "serial": 3, "lineage": "one", "resources": [instance]}
    diagnostic = {"severity": "error", "summary": "Failed to persist state to backend", "detail": "AccessDenied"}
    fake.plays(
        ["emit", {"type": "diagnostic", "diagnostic": diagnostic}],
        ["emit", {"@message": "Emergency state dump", "type": "log", "state": state}],
        ["exit", 1],
    )
    with pytest.raises(OutcomeUnknown) as caught:
        applying()
    assert "hunter2" not in f"{caught.value}{capfd.readouterr()}"
    (lost,) = fake.terraform.unfinished(fake.workspace)
    assert stat.S_IMODE(lost.stream.stat().st_mode) == 0o600
    (unsaved,) = fake.terraform.unsaved_states(fake.workspace, lost)
    assert (unsaved.state.serial, list(unsaved.state.instances)) == (3, ["aws_x.y"])
    assert stat.S_IMODE(unsaved.path.stat().st_mode) == 0o600


def test_f60_a_disk_that_fills_while_applying_loses_the_log_and_not_the_outcome(fake: Fake) -> None:
    runs = fake.workspace.run_dir("applied")
    runs.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(runs)]
    if subprocess.run(mount, capture_output=True, check=False).returncode != 0:
        pytest.skip("a small disk cannot be mounted here")
    try:
        fake.plays(["emit", hook("apply_start")], ["raw", "x" * 500_000], ["emit", SUMMARY])
        outcome = fake.terraform.apply(fake.workspace, "applied", fake.plan)
    finally:
        subprocess.run(["umount", str(runs)], check=True)
    assert outcome.is_log_cut_short


def test_f14_who_waits_for_the_lock_plans_what_the_other_one_left(
    blocked: Blocked, start: Start, terraform: Terraform
) -> None:
    process = start(blocked.workspace, blocked.plan)
    await_line(process, "ApplyStarted")
    waits: queue.SimpleQueue[bool] = queue.SimpleQueue()

    def watch(_event: Event, progress: Progress) -> None:
        if progress.is_waiting_for_lock:
            waits.put(True)

    def plan() -> PlanOutcome:
        out = blocked.workspace.build / "second.tfplan"
        return terraform.plan(blocked.workspace, "second", out=out, lock_timeout_seconds=300, on_event=watch)

    with ThreadPoolExecutor() as pool:
        waiting = pool.submit(plan)
        assert waits.get(timeout=60)
        blocked.release()
        await_line(process, "applied 1")
        assert not waiting.result(timeout=300).has_changes, "what the other one made is in the plan"
