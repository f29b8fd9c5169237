"""Traces of runs: old ones go, the ones that somebody must still be told of stay."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyctl.adapters.terraform import runs
from studyctl.domain.run import Operation, new_run_id
from studyctl.domain.workspace import Workspace

FIRST = datetime(2026, 1, 1, tzinfo=UTC)


def a_run(workspace: Workspace, number: int, *, is_reported: bool) -> str:
    run_id = new_run_id(FIRST + timedelta(seconds=number))
    folder = runs.new_folder(workspace, run_id, Operation.APPLY)
    (folder / "run.json").write_text(json.dumps({"operation": "apply", "pid": 1, "process_started": "long ago"}))
    (folder / "result.json").write_text(json.dumps({"exit_code": 0}))
    (workspace.runs / f"{run_id}.jsonl").touch()
    if is_reported:
        runs.mark_reported(folder)
    return run_id


@given(reported=st.lists(st.booleans(), max_size=12), keep=st.integers(min_value=0, max_value=12))
def test_the_newest_and_the_untold_are_kept(
    tmp_path_factory: pytest.TempPathFactory, reported: list[bool], keep: int
) -> None:
    workspace = Workspace.platform("dev", Path(tmp_path_factory.mktemp("repository")))
    ids = [a_run(workspace, number, is_reported=told) for number, told in enumerate(reported)]
    (workspace.runs / "notes.txt").parent.mkdir(parents=True, exist_ok=True)
    (workspace.runs / "notes.txt").touch()

    old = ids[: max(0, len(ids) - keep)]
    expected = tuple(run_id for run_id, told in zip(ids, reported, strict=True) if told and run_id in old)
    assert runs.prune(workspace, keep=keep) == expected

    left = {path.name.removesuffix(".jsonl") for path in workspace.runs.iterdir()}
    assert left == set(ids) - set(expected) | {"notes.txt"}
