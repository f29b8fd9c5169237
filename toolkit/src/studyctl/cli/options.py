"""Options that every command has: what they are, and that they may stand before or after the command."""

from __future__ import annotations

import enum
import inspect
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from studyctl.errors import Interrupted, UsageError


class Target(enum.StrEnum):
    """Where a command acts when not where the environment's file says."""

    EMULATOR = "emulator"


@dataclass(frozen=True)
class GlobalOptions:
    """The global options of one invocation, after flag > environment variable > file > default."""

    target: Target | None = None
    as_json: bool = False
    yes: bool = False
    no_input: bool = False
    no_color: bool = False
    quiet: bool = False
    verbose: bool = False
    lock_timeout: str = "0s"

    @property
    def lock_timeout_seconds(self) -> int:
        """`--lock-timeout` in seconds.

        Raises:
            UsageError: it is not a number with s, m or h.
        """
        match = re.fullmatch(r"([0-9]{1,6})(s|m|h)", self.lock_timeout)
        if match is None:
            raise UsageError(
                f"--lock-timeout {self.lock_timeout!r} is not a duration",
                hint="Write a whole number and a unit: 30s, 10m, 1h.",
            )
        return int(match[1]) * {"s": 1, "m": 60, "h": 3600}[match[2]]


FLAGS = frozenset(
    {"--json", "--yes", "-y", "--no-input", "--no-color", "--quiet", "-q", "--verbose", "-v", "--version"}
)
VALUED = frozenset({"--target", "--lock-timeout"})


def hoist_global_options(arguments: list[str]) -> list[str]:
    """Move global options that stand after the command to the front, where the parser expects them.

    Everything after a bare `--` stays where it is.
    """
    front: list[str] = []
    rest: list[str] = []
    pending = iter(arguments)
    for argument in pending:
        if argument == "--":
            rest += [argument, *pending]
        elif argument in FLAGS or (argument.split("=", 1)[0] in VALUED and "=" in argument):
            front.append(argument)
        elif argument in VALUED:
            front += [argument, *(value for value in [next(pending, None)] if value is not None)]
        else:
            rest.append(argument)
    return front + rest


class ListedCommand(TyperCommand):
    """A command or a group as a list shows it. What it takes is worked out when it is run or asked for.

    Working out the parameters of all commands would take half the time of `studyctl --help`.
    """

    def __init__(self, name: str, runs: Callable[..., None] | typer.Typer) -> None:
        """List what `runs` under a name, with the first sentence of its help."""
        told = runs.info.help if isinstance(runs, typer.Typer) else runs.__doc__
        super().__init__(name, help=inspect.cleandoc(str(told)), rich_markup_mode=None)
        self._runs = runs

    def whole(self) -> Any:
        """The same with its parameters."""
        alone = typer.Typer(rich_markup_mode=None, pretty_exceptions_enable=False, add_completion=False)
        if isinstance(self._runs, typer.Typer):
            alone.add_typer(self._runs, name=self.name)
        else:
            alone.command(self.name)(self._runs)
        return typer.main.get_group(alone).commands[str(self.name)]


class GlobalOptionsGroup(TyperGroup):
    """A command group whose own options are accepted anywhere on the line, with defaults from a file."""

    def make_context(self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """Build the context with the defaults of `studyctl.toml`, if there is one."""
        if parent is None and "default_map" not in extra:
            from studyctl.cli.settings_file import read_defaults  # noqa: PLC0415  tomllib only when a file exists

            extra["default_map"] = read_defaults()
        return super().make_context(info_name, args, parent=parent, **extra)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find what was typed, with its parameters."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command.whole() if isinstance(command, ListedCommand) else command, rest

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse with global options moved to the front."""
        return super().parse_args(ctx, hoist_global_options(args))

    def invoke(self, ctx: Any) -> Any:
        """Run the command. Typer makes of Ctrl-C an exit code that says nothing, so it must not see one."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt as stop:
            raise Interrupted("interrupted", why="Nothing more was started.") from stop


def options_of(context: typer.Context) -> GlobalOptions:
    """The global options of the command that is running."""
    options = context.find_root().obj
    return options if isinstance(options, GlobalOptions) else GlobalOptions()
