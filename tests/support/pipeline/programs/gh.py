"""`gh issue` and `gh pr comment`: an issue is a file, its first line the title; so is the comment of a pull request."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

from tests.support.pipeline.programs.refusal import refuse

ISSUES = "STAND_IN_ISSUES"
"""The folder with `1.md`, `2.md` …; a comment is `pr-NUMBER.md`."""
_OF_A_TITLE = re.compile(r'map\(select\(\.title == "(?P<title>[^"\\]+)"\)\)\[0\]\.number // empty')


def main(words: list[str]) -> None:
    if not os.environ.get("GH_TOKEN"):
        sys.exit("gh: To use GitHub CLI in a GitHub Actions workflow, set the GH_TOKEN environment variable.")
    folder = Path(os.environ[ISSUES])
    folder.mkdir(exist_ok=True)
    match words:
        case ["issue", "list", "--state", "open", "--app", "github-actions", "--search", query, *chosen]:
            searched, wanted = query.removeprefix('in:title "').removesuffix('"'), _selected(chosen)
            found = [path for path in _issues(folder) if searched in _title(path) and wanted in (None, _title(path))]
            sys.stdout.write(f"{found[0].stem}\n" if found else "\n")
        case ["issue", "edit", number, "--body-file", body]:
            path = folder / f"{number}.md"
            _write(path, _title(path), Path(body))
        case ["issue", "create", "--title", title, "--body-file", body]:
            _write(folder / f"{len(_issues(folder)) + 1}.md", title, Path(body))
        case ["pr", "comment", number, "--repo", _, "--edit-last", "--create-if-none", "--body-file", body]:
            shutil.copyfile(body, folder / f"pr-{number}.md")
        case _:
            refuse("gh", words)


def _selected(chosen: list[str]) -> str | None:
    """The one title that the filter lets through; None: any that the search found, which only has the words in it."""
    if chosen == ["--json", "number", "--jq", ".[0].number"]:
        return None
    found = _OF_A_TITLE.fullmatch(chosen[-1])
    if found is None or chosen[:-1] != ["--json", "number,title", "--jq"]:
        refuse("gh", chosen)
    return found["title"]


def _issues(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.md"))


def _title(issue: Path) -> str:
    return issue.read_text("utf-8").splitlines()[0]


def _write(issue: Path, title: str, body: Path) -> None:
    issue.write_text(f"{title}\n{body.read_text('utf-8')}", "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
