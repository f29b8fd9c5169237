"""Command lines and short reads through python_terraform; nobody else imports it.

What it gets wrong is contained here: its constructor reads a state file and crashes on a torn one; `__getattr__` turns
any typo into a subcommand; its `plan` and `destroy` add flags that terraform removed; it cannot be given an environment
or a time limit; Ctrl-C leaves terraform orphaned; and it logs output. So only its spelling of command lines is used.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import python_terraform

from studyctl.errors import PreflightFailed

FLAG = python_terraform.IsFlagged
"""An option without a value, as in `-json`."""

Option = str | int | bool | Sequence[str] | type | None


class Answer:
    """What a short read gave. Its texts may hold secrets, so nothing shows them by accident."""

    __slots__ = ("exit_code", "stderr", "stdout")

    def __init__(self, exit_code: int, stdout: str, stderr: str) -> None:
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr

    def __repr__(self) -> str:
        """Show the exit code only."""
        return f"Answer(exit_code={self.exit_code})"


class _Contained(python_terraform.Terraform):  # type: ignore[misc]
    """python_terraform without its process handling."""

    def __getattr__(self, name: str) -> Any:
        """Refuse what would have become a subcommand."""
        raise AttributeError(name)

    def read_state_file(self, file_path: str | None = None) -> None:
        """Read nothing: the state belongs to terraform."""


class Commands:
    """Builds command lines for one binary and runs the short ones to their end."""

    def __init__(self, launcher: Sequence[str]) -> None:
        self._launcher = tuple(launcher)
        self._spelling = _Contained(terraform_bin_path=self._launcher[0])

    def line(self, command: str, *arguments: str | Path, **options: Option) -> tuple[str, ...]:
        """Return the command line of one subcommand; underscores in option names become hyphens."""
        spelled = {name: list(value) if isinstance(value, tuple) else value for name, value in options.items()}
        words: list[str] = self._spelling.generate_cmd_string(command, *map(str, arguments), **spelled)
        return (*self._launcher, *words[1:])

    def read(self, line: Sequence[str], *, cwd: Path, environment: Mapping[str, str], seconds: float) -> Answer:
        """Run a command that only reads, in a process group of its own.

        Raises:
            PreflightFailed: it did not end in time (it was killed; a read changes nothing).
        """
        with subprocess.Popen(
            line,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        ) as process:
            try:
                stdout, stderr = process.communicate(timeout=seconds)
            except subprocess.TimeoutExpired as error:
                process.kill()
                command = " ".join(line[len(self._launcher) :][:2])
                raise PreflightFailed(
                    f"terraform {command} gave no answer within {seconds:g} s",
                    why="It only reads, so nothing was changed.",
                    hint="Check the network and the target with: studyctl doctor",
                ) from error
            except BaseException:
                process.kill()
                raise
        return Answer(process.returncode, stdout.decode(errors="replace"), stderr.decode(errors="replace"))
