from __future__ import annotations

import datetime
from pathlib import Path

from studyctl.adapters.pipeline_files import read_pipeline
from studyctl.usecases.lint import LintRequest, lint


def test_a_workflow_that_cannot_be_read_is_a_finding_and_the_rest_is_judged(tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "a.yml").write_text("jobs:\n  a:\n    runs-on: ubuntu-latest\n", "utf-8")
    (folder / "b.yml").write_text("a: &x 1\n", "utf-8")
    (folder / "c.yml").write_bytes(b"\xff\xfe")
    (folder / "d.yml").symlink_to("gone.yml")
    (folder / "e.yml").mkdir()
    (folder / "f.yml").write_text("", "utf-8")
    pipeline = read_pipeline(tmp_path)
    assert [Path(file.name).name for file in pipeline.files] == ["a.yml"]
    findings = lint(LintRequest(datetime.date(2027, 1, 1), pipeline=pipeline)).findings
    unread = [(Path(one.where).name, one.position.line) for one in findings if one.rule == "SC001"]
    assert unread == [("b.yml", 1), ("c.yml", 1), ("d.yml", 0), ("e.yml", 0), ("f.yml", 1)]
    assert ("SC801", ".github/workflows/a.yml") in {(one.rule, one.where) for one in findings}


def test_owners_of_bytes_that_are_no_text_are_read(tmp_path: Path) -> None:
    (tmp_path / ".github").mkdir()
    (tmp_path / ".github" / "CODEOWNERS").write_bytes(b"# caf\xe9\n/docs/ @a\n")
    assert [line.pattern for line in read_pipeline(tmp_path).owner_lines] == ["/docs/"]
