"""From an exception to words on stderr and an exit code: the one boundary where errors end."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer
from typer._click import exceptions as parsing

from studyctl.cli import markdown
from studyctl.cli.runner_files import publish
from studyctl.domain.redaction import redact, secrets_of
from studyctl.errors import StudyctlError, UsageError

LOG_FOLDER = Path(".build") / "crashes"


def explain(failure: BaseException) -> int:
    """Say what happened, why and what to run next; return the exit code."""
    if isinstance(failure, StudyctlError):
        _write(failure)
        return failure.exit_code
    if isinstance(failure, parsing.NoArgsIsHelpError):
        failure.show()
        return UsageError.exit_code
    if isinstance(failure, parsing.UsageError):
        command = failure.ctx.command_path if failure.ctx else "studyctl"
        _write(UsageError(failure.format_message(), hint=f"See: {command} --help"))
        return UsageError.exit_code
    if isinstance(failure, KeyboardInterrupt | typer.Abort):
        _write(StudyctlError("interrupted", why="Nothing more was started."))
        return 130
    if isinstance(failure, BrokenPipeError):
        return 141
    return _explain_bug(failure)


@contextmanager
def told_in(md: Path | None) -> Iterator[None]:
    """Begin a file that a command is to tell in, and add why it failed. The step's summary gets that in any case."""
    if md is not None:
        md.write_text("", "utf-8")
    try:
        yield
    except StudyctlError as failure:
        if md is not None:
            with md.open("a", encoding="utf-8") as file:
                file.write(_without_secrets(markdown.failure(failure, is_brief=True)) + "\n")
        raise


def _explain_bug(failure: BaseException) -> int:
    # Frames without local variables; messages of other people's libraries may quote what they were given.
    told = _without_secrets("".join(traceback.format_exception(failure)))
    _write(
        StudyctlError(
            f"a bug in studyctl: {type(failure).__name__}: {failure}",
            why=_kept(told),
            hint="What was under way is in `studyctl status ENV`; please report the traceback.",
        )
    )
    return 1


def _kept(told: str) -> str:
    """Keep a traceback, and say where; where this folder takes no file, all of it."""
    log = LOG_FOLDER / "last.log"
    try:
        LOG_FOLDER.mkdir(mode=0o700, parents=True, exist_ok=True)
        log.touch(mode=0o600)
        log.write_text(told, "utf-8", "backslashreplace")
    except OSError as error:
        return f"The traceback could not be kept in {log} ({error.strerror}):\n{told}"
    return f"The traceback is in {log}."


def _write(failure: StudyctlError) -> None:
    publish(_without_secrets(markdown.failure(failure)))
    lines = [f"error: {failure.what}"]
    lines += [f"  {line}" for part in (failure.why, failure.hint) for line in part.splitlines()]
    sys.stderr.write(_without_secrets("\n".join(lines)) + "\n")


def _without_secrets(text: str) -> str:
    """Leave out what this process was given in confidence: everything that ends up in the logs of a pipeline."""
    return redact(text, secrets_of(os.environ))
