"""How any terraform command is started for a workspace: its environment, its settings, and what its failure means."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from studyctl.adapters.terraform import cli_config, environment, failures, lock_file, process, runs
from studyctl.adapters.terraform.commands import FLAG, Answer, Commands, Option
from studyctl.adapters.terraform.events import LineBuffer
from studyctl.adapters.terraform.interrupts import Interrupts
from studyctl.adapters.terraform.process import Ending, OnEvent
from studyctl.domain.patience import Patience
from studyctl.domain.progress import follow
from studyctl.domain.run import Operation, RunResult
from studyctl.domain.workspace import Workspace
from studyctl.errors import PreflightFailed

READ_SECONDS = 300.0
"""The longest a short read may take: a throttled state store answers late."""
INIT_SECONDS = 1800.0
"""A provider is 150 MB zipped and may come over a slow line."""

_DECORATION = re.compile(r"\x1b\[[0-9;]*m|[╷│╵]")
"""Short commands have no `-json` for their errors; they draw them in colour and in a frame."""


def cache(workspace: Workspace) -> Path:
    """Return the provider cache that all environments share."""
    return workspace.build.parent / cli_config.CACHE_NAME


class Runner:
    """Starts commands of one binary with one connection; knows no use case."""

    def __init__(
        self,
        launcher: Sequence[str],
        environ: Mapping[str, str],
        connection: Mapping[str, str],
        interrupts: Interrupts,
        patience: Patience,
    ) -> None:
        self._commands = Commands(launcher)
        self._environ = environ
        self._connection = connection
        self._interrupts = interrupts
        self._patience = patience

    def line(self, command: str, *arguments: str | Path, **options: Option) -> tuple[str, ...]:
        """Return a command line."""
        return self._commands.line(command, *arguments, **options)

    def init(self, workspace: Workspace) -> None:
        """Run init; the lock file decides about providers and is never changed."""
        has_backend = workspace.backend_config.exists()
        line = self._commands.line(
            "init",
            json=FLAG,
            input=False,
            reconfigure=FLAG,
            lockfile="readonly",
            backend_config=str(workspace.backend_config) if has_backend else None,
        )
        answer = self._commands.read(line, cwd=workspace.root, environment=self._child(workspace), seconds=INIT_SECONDS)
        if answer.exit_code != 0:
            raise failures.of(_ending(answer, workspace), Operation.INIT, workspace.environment)

    def supervise(
        self,
        workspace: Workspace,
        run_id: str,
        operation: Operation,
        line: Sequence[str],
        on_event: OnEvent | None,
    ) -> Ending:
        """Run a supervised operation to its end; the caller marks it as reported once its meaning is known."""
        self.write_settings(workspace)
        folder = runs.new_folder(workspace, run_id, operation)
        child = self._child(workspace, operation)
        order = process.Order(operation, line, workspace.root, folder, child)
        return process.run(order, self._interrupts, on_event, self._patience)

    def read(self, workspace: Workspace, command: str, *arguments: str | Path, **options: Option) -> Answer:
        """Run a short command and raise when it fails."""
        return self.good(self.ask(workspace, command, *arguments, **options), workspace)

    def ask(self, workspace: Workspace, command: str, *arguments: str | Path, **options: Option) -> Answer:
        """Run a short command, whatever it answers."""
        line = self._commands.line(command, *arguments, **options)
        self.write_settings(workspace)
        return self._commands.read(line, cwd=workspace.root, environment=self._child(workspace), seconds=READ_SECONDS)

    def good(self, answer: Answer, workspace: Workspace) -> Answer:
        """Return a good answer and raise what a bad one means."""
        if answer.exit_code != 0:
            raise failures.of(_ending(answer, workspace), Operation.READ, workspace.environment)
        return answer

    def write_settings(self, workspace: Workspace) -> Path:
        """Write the CLI configuration of a workspace."""
        mirrors = cli_config.find_mirrors(self._environ)
        shared = cache(workspace)
        content = cli_config.text(mirrors, shared, lock_file.locked_versions(workspace.root))
        try:
            return cli_config.write(workspace.build, shared, content)
        except OSError as error:
            raise PreflightFailed(
                f"{workspace.build} cannot be written ({error.strerror})",
                hint="Make room there, or give yourself the folder back, for example after a run as another user.",
            ) from error

    def _child(self, workspace: Workspace, operation: Operation | None = None) -> Mapping[str, str]:
        return environment.build(
            self._environ,
            workspace,
            cli_config=workspace.build / cli_config.FILE_NAME,
            connection=self._connection,
            operation=operation,
        )


def _ending(answer: Answer, workspace: Workspace) -> Ending:
    """Return a short command's answer as an ending, so that its errors mean the same."""
    lines = LineBuffer()
    events = [*lines.feed(answer.stdout.encode()), *lines.end()] if answer.stdout.startswith("{") else []
    result = RunResult(answer.exit_code if answer.exit_code >= 0 else 128 - answer.exit_code, 0, time.time())
    return Ending(workspace.data_dir, follow(events), result, _DECORATION.sub("", answer.stderr))
