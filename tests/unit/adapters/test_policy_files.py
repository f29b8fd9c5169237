from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.support.policy_cases import plan_of

from studyctl import wiring_lint
from studyctl.adapters.policy_files import Sources, default_paths, find_sources, read_plan
from studyctl.domain.policy.json_text import MAX_CHARACTERS
from studyctl.errors import UsageError

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]})
PADDED = {
    "an escape": POLICY.replace("Statement", "\\u0053tatement").encode(),
    "four bytes a character": POLICY.encode("utf-32"),
    "blanks before it": b" " * (MAX_CHARACTERS * 3) + POLICY.encode(),
    "the key across the limit": b" " * (MAX_CHARACTERS - 25) + POLICY.encode(),
}


def found(folder: Path) -> Sources:
    return find_sources([folder], [], folder)


def unreadable(folder: Path) -> list[tuple[str, str]]:
    return [(one.where, one.problems[0].message) for one in found(folder).unreadable]


@pytest.mark.parametrize("content", PADDED.values(), ids=PADDED)
def test_a_policy_is_found_in_a_folder_however_it_hides(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "p.json").write_bytes(content)
    assert [policy.name for policy in found(tmp_path).policies] == ["p.json"]


def test_what_has_no_statements_is_no_policy(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"name": "\\u0053tate"}', "utf-8")
    (tmp_path / "b.json").write_text(json.dumps({"text": "x" * 3 * MAX_CHARACTERS}), "utf-8")
    assert found(tmp_path) == Sources()


def test_code_in_json_is_told_because_nobody_reads_it(tmp_path: Path) -> None:
    (tmp_path / "cdk.tf.json").write_text("{}", "utf-8")
    assert unreadable(tmp_path) == [("cdk.tf.json", "terraform's code in JSON is read by nobody here; lint its plan")]


def test_an_extension_may_be_written_in_capitals(tmp_path: Path) -> None:
    (tmp_path / "P.JSON").write_text(POLICY, "utf-8")
    assert [policy.name for policy in found(tmp_path).policies] == ["P.JSON"]


def test_a_folder_may_hold_plans(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps({"format_version": "1.2", **plan_of({})}), "utf-8")
    (tmp_path / "broken.json").write_text('{"format_version": "1.2", "planned_values": {', "utf-8")
    assert [Path(plan.name).name for plan in found(tmp_path).plans] == ["plan.json"]
    ((where, why),) = unreadable(tmp_path)
    assert (where, "looks like a plan" in why) == ("broken.json", True)


def test_what_cannot_be_opened_is_told_and_the_rest_is_judged(tmp_path: Path) -> None:
    (tmp_path / "a.json").symlink_to("gone.json")
    os.mkfifo(tmp_path / "b.json")
    (tmp_path / "c.json").write_text(POLICY, "utf-8")
    assert [policy.name for policy in found(tmp_path).policies] == ["c.json"]
    assert unreadable(tmp_path) == [
        ("a.json", "it cannot be read: No such file or directory"),
        ("b.json", "it is no regular file"),
    ]


def test_a_folder_that_cannot_be_listed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests may be root, to whom nothing is closed: this one has too long a path for anybody."""
    (tmp_path / "p.json").write_text(POLICY, "utf-8")
    monkeypatch.chdir(tmp_path)
    for _ in range(20):
        Path("x" * 250).mkdir()
        os.chdir("x" * 250)
    assert [why for _, why in unreadable(tmp_path)] == ["it cannot be read: File name too long"]
    assert len(found(tmp_path).policies) == 1


def test_a_pipe_is_refused_before_anybody_waits_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UsageError, match="no file and no folder"):
        find_sources([tmp_path / "pipe"], [], tmp_path)


def test_what_nobody_may_look_at_is_an_error_and_no_bug(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read: File name too long"):
        find_sources([tmp_path / ("x" * 300)], [], tmp_path)


def test_names_of_bytes_that_are_no_text_can_be_printed(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.json")).write_text(POLICY, "utf-8")
    (policy,) = found(tmp_path).policies
    assert policy.name.encode() == b"caf\\xe9.json"


def test_a_place_outside_of_the_root_is_told_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root, other = tmp_path / "root", tmp_path / "other"
    root.mkdir()
    other.mkdir()
    (other / "p.json").write_text(POLICY, "utf-8")
    (other / "main.tf").write_text("", "utf-8")
    (root / "link.json").symlink_to(other / "p.json")
    monkeypatch.chdir(root)
    sources = find_sources([Path("../other"), Path("link.json")], [], root)
    assert [policy.name for policy in sources.policies] == [(other / "p.json").as_posix(), "link.json"]
    assert sources.folders == [other.as_posix()]


def test_a_plan_that_nests_without_end_is_no_plan(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text("[" * 200_000, "utf-8")
    with pytest.raises(UsageError, match="not a plan"):
        read_plan(tmp_path / "plan.json", tmp_path)


def test_only_a_checkout_of_ours_is_judged_in_part(tmp_path: Path) -> None:
    (tmp_path / "iam-policies").mkdir()
    assert list(default_paths(tmp_path)) == [tmp_path]
    (tmp_path / "terraform").mkdir()
    (tmp_path / "infra").mkdir()
    assert [path.name for path in default_paths(tmp_path)] == ["terraform", "infra", "iam-policies"]


def test_what_a_folder_holds_and_nobody_can_read_is_a_finding(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.json").symlink_to("gone.json")
    monkeypatch.chdir(tmp_path)
    report = wiring_lint.lint([Path()], [])
    assert [(finding.rule, finding.where) for finding in report.findings] == [("SC001", "a.json")]
    assert report.unreadable == 1
