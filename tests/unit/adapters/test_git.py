"""A commit's files are read from a real repository."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from studyctl.adapters.git import changed_paths, checked_out, describe_commit
from studyctl.domain.pipeline_scope import INFRASTRUCTURE
from studyctl.errors import Refused, UsageError


def git(repository: Path, *arguments: str) -> str:
    """Run git as somebody."""
    command = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def committed(repository: Path, **files: str) -> str:
    """Commit one file in each folder; the commit's id."""
    for folder, text in files.items():
        path = repository / folder.replace("_", "-") / "file"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--no-gpg-sign", "--message", "files")
    return git(repository, "rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An empty repository."""
    git(tmp_path, "init", "--quiet", "repository")
    return tmp_path / "repository"


def test_everything_that_a_plan_is_made_from_is_read_as_it_was(repository: Path, tmp_path: Path) -> None:
    folders = [path.rstrip("/").replace("-", "_") for path in INFRASTRUCTURE]
    commit = committed(repository, **dict.fromkeys(folders, "then"), toolkit="then")
    committed(repository, **dict.fromkeys(folders, "now"))
    with checked_out(repository, commit, tmp_path / "commits") as folder:
        read = {f"{path.parent.name}/": path.read_text("utf-8") for path in folder.glob("*/file")}
    assert read == dict.fromkeys(INFRASTRUCTURE, "then")
    assert not folder.exists()
    assert (repository / "infra" / "file").read_text("utf-8") == "now"


def test_a_commit_may_be_older_than_some_of_the_folders(repository: Path, tmp_path: Path) -> None:
    commit = committed(repository, infra="then", environments="then")
    committed(repository, monitoring="now")
    with checked_out(repository, commit, tmp_path / "commits") as folder:
        assert sorted(path.name for path in folder.iterdir()) == ["environments", "infra"]


def test_a_commit_that_is_not_here_is_refused(repository: Path, tmp_path: Path) -> None:
    committed(repository, infra="now")
    with pytest.raises(Refused, match="cannot be read here"), checked_out(repository, "0" * 40, tmp_path / "commits"):
        pass
    assert not (tmp_path / "commits").exists()


def test_a_working_tree_is_its_commit_only_while_no_file_differs(repository: Path) -> None:
    assert describe_commit(repository) == "unknown"
    commit = committed(repository, infra="now")
    assert describe_commit(repository) == commit
    (repository / "infra" / "file").write_text("later", "utf-8")
    assert describe_commit(repository) == f"{commit}-dirty"
    (repository / "infra" / "file").write_text("now", "utf-8")
    (repository / ".git" / "index").write_bytes(b"broken")
    assert describe_commit(repository) == f"{commit}-dirty", "whether files differ cannot be said"


def test_what_a_change_touches_is_told_with_both_names_of_what_it_moved(repository: Path) -> None:
    base = committed(repository, infra="a", toolkit="b" * 100)
    git(repository, "mv", "toolkit", "docs")
    committed(repository, infra="c")
    assert changed_paths(repository, base) == ("docs/file", "infra/file", "toolkit/file")


def test_what_main_did_meanwhile_is_no_change_of_the_branch(repository: Path) -> None:
    left = committed(repository, infra="a")
    committed(repository, toolkit="of main")
    main = git(repository, "rev-parse", "HEAD")
    git(repository, "checkout", "--quiet", "-b", "branch", left)
    committed(repository, docs="of the branch")
    assert changed_paths(repository, main) == ("docs/file",)


@pytest.mark.parametrize("base", ["0" * 40, "", "nowhere", "--output=made", "HEAD:infra", "HEAD..HEAD"])
def test_what_is_no_commit_is_refused_and_git_does_nothing_else(repository: Path, base: str) -> None:
    committed(repository, infra="a")
    with pytest.raises(UsageError, match="is no commit"):
        changed_paths(repository, base)
    assert sorted(path.name for path in repository.iterdir()) == [".git", "infra"]
