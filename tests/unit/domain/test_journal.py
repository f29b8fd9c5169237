from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.journal import FileJournal, last_standing, read_standing
from studyctl.adapters.terraform.interrupts import Interrupts
from studyctl.domain.journal import Entry, Phase, Step, standing
from studyctl.domain.workspace import Workspace
from studyctl.errors import PreflightFailed

ENTRIES = st.lists(
    st.builds(
        Entry,
        run_id=st.just("20261122-120000-abcd"),
        at=st.just("2026-11-22T12:00:00+00:00"),
        operation=st.sampled_from(["deploy", "destroy"]),
        step=st.sampled_from(Step),
        phase=st.sampled_from(Phase),
        facts=st.dictionaries(st.text(max_size=8), st.text(max_size=20), max_size=3),
    ),
    max_size=12,
)


@given(ENTRIES)
def test_a_run_stands_where_its_last_line_says(entries: list[Entry]) -> None:
    stood = standing(entries)
    if not entries:
        assert stood is None
        return
    assert stood is not None
    assert (stood.step, stood.phase) == (entries[-1].step, entries[-1].phase)
    assert stood.was_cut_off == (entries[-1].phase in (Phase.STARTED, Phase.INTERRUPTED))
    assert stood.is_done == (entries[-1].step in (Step.RECORD, Step.RELEASE) and entries[-1].phase is Phase.FINISHED)


@given(ENTRIES)
def test_an_entry_survives_its_file(entries: list[Entry]) -> None:
    assert [Entry.from_json(json.loads(json.dumps(entry.to_json()))) for entry in entries] == entries


def test_only_steps_from_the_apply_on_may_have_changed_the_account() -> None:
    def stood_at(step: Step) -> bool:
        found = standing([Entry("id", "now", "deploy", step, Phase.STARTED)])
        assert found is not None
        return found.may_have_changed_things

    assert [step for step in Step if stood_at(step)] == [Step.APPLY, Step.VERIFY, Step.RECORD, Step.RELEASE]


def test_a_journal_is_private_and_a_line_cut_by_a_crash_is_ignored(tmp_path: Path) -> None:
    workspace = Workspace("dev", tmp_path / "root", tmp_path / "build")
    journal = FileJournal(workspace, "20261122-120000-abcd", "deploy")
    journal.write(Step.PLAN, Phase.FINISHED)
    journal.write(Step.APPLY, Phase.STARTED)
    (path,) = workspace.runs.glob("*.jsonl")
    assert path.stat().st_mode & 0o777 == 0o600
    with path.open("a") as file:
        file.write('{"run_id": "2026')
    stood = read_standing(path)
    assert stood is not None
    assert stood.was_cut_off
    assert stood.step is Step.APPLY
    assert last_standing(workspace) == stood


def test_no_run_stands_nowhere(tmp_path: Path) -> None:
    assert last_standing(Workspace("dev", tmp_path, tmp_path / "build")) is None


def test_f08_a_stop_is_in_the_journal_before_the_step_hears_of_it(tmp_path: Path) -> None:
    workspace = Workspace.platform("dev", tmp_path)
    journal = FileJournal(workspace, "20261122-120000-abcd", "deploy")
    interrupts = Interrupts()
    interrupts.tell_also(lambda interruption: journal.interrupted(interruption.name.lower()))
    interrupts.receive(signal.SIGTERM)
    interrupts.tell_pending()
    assert last_standing(workspace) is None, "no step is under way"
    journal.write(Step.APPLY, Phase.STARTED)
    interrupts.receive(signal.SIGTERM)
    interrupts.tell_pending()
    stood = last_standing(workspace)
    assert stood is not None
    assert (stood.step, stood.phase, stood.was_cut_off) == (Step.APPLY, Phase.INTERRUPTED, True)


@pytest.mark.parametrize("step", Step)
@pytest.mark.parametrize("phase", Phase)
def test_f60_a_journal_on_a_full_disk_stops_what_has_not_begun_and_nothing_else(
    tmp_path: Path, step: Step, phase: Phase
) -> None:
    workspace = Workspace.platform("dev", tmp_path)
    workspace.build.parent.mkdir()
    workspace.build.write_text("a file where the folder should be")
    told: list[str] = []
    journal = FileJournal(workspace, "20261122-120000-abcd", "deploy", warn=told.append)
    if phase is Phase.STARTED and step.is_until_apply:
        with pytest.raises(PreflightFailed, match=f"{step} did not begin"):
            journal.write(step, phase)
        return
    journal.write(step, phase)
    journal.write(step, phase)
    assert len(told) == 1, "told once"
