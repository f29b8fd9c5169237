"""The pages of docs/ that say what the code says: commands, exit codes, what the emulator is worth."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Sequence
from typing import Any

from studyctl import errors
from studyctl.adapters.emulator.capabilities import CAPABILITIES, Support
from studyctl.adapters.emulator.extensions.registry import MOTO_VERSION
from studyctl.cli.commands.plan import CHANGES_PRESENT
from studyctl.cli.main import command_line
from studyctl.errors import StudyctlError

ORIGIN = "Generated from the code, checked by `make check`, written anew by `make docs`."
SHELL_OPTIONS = frozenset({"install_completion", "show_completion", "help"})
"""Typer's own: the same for every program that it makes."""
HELP_COLUMNS = 78
"""The widest that help is set, whatever the terminal."""

_NOT_RAISED = (
    (0, "Done, or nothing was to be done."),
    (StudyctlError.exit_code, "A bug: the traceback is in `.build/crashes/last.log`."),
    (CHANGES_PRESENT, "`plan` and `drift` with `--detailed-exitcode` only: something differs."),
    (141, "Whoever read the output went away (a closed pipe)."),
)
"""Codes that no class of `studyctl.errors` stands for."""

_SUPPORT_WORDS = {
    Support.ADDED: (
        "Added",
        f"moto {MOTO_VERSION} lacks it or gets it wrong; an extension makes it answer as AWS does.",
    ),
    Support.STANDS_IN: ("Stands in", "The API answers; what should happen behind it does not."),
    Support.ABSENT: ("Absent", "Refused with HTTP 501. An environment that needs it deploys to AWS only."),
}


def commands_page() -> str:
    """Every command with its arguments and options, in the order of `--help`."""
    root = _everything()
    context = root.make_context("studyctl", ["--no-color"], resilient_parsing=True)
    sections = [part for name in root.list_commands(context) for part in _command(root.commands[name], name, context)]
    return _page(
        "# Commands",
        ORIGIN,
        "Data goes to stdout, progress and explanations to stderr. Exit codes: [exit-codes.md](exit-codes.md).",
        "## Options of every command",
        "They may stand before or after the command. A flag wins over its environment variable, that over "
        "`studyctl.toml` in the current folder, that over the default. A confirmation is never taken from the file.",
        *_options(root, context),
        *sections,
    )


def help_texts() -> Iterator[tuple[tuple[str, ...], str]]:
    """The words of each command and its `--help`, as a terminal of 80 columns or more shows it."""
    root = _everything()
    context = root.make_context("studyctl", ["--no-color"], resilient_parsing=True, terminal_width=HELP_COLUMNS)
    return _help_texts(root, context, ())


def exit_codes_page() -> str:
    """Every exit code. The classes' docstrings are the meanings."""
    raised = [
        (kind.exit_code, inspect.cleandoc(kind.__doc__ or ""))
        for kind in vars(errors).values()
        if inspect.isclass(kind) and issubclass(kind, StudyctlError) and kind is not StudyctlError
    ]
    rows = [(f"`{code}`", meaning) for code, meaning in sorted([*_NOT_RAISED, *raised])]
    return _page(
        "# Exit codes",
        ORIGIN,
        "They are a contract with scripts and pipelines. What happened, why and the next command are on stderr.",
        _table(("code", "meaning"), rows),
        "`plan` with several environments ends with the first failure, else 2 (with `--detailed-exitcode`, when one of "
        "them has changes), else 0.",
    )


def emulator_page() -> str:
    """What the emulator is worth, as `studyctl emulator status` prints it."""
    tables = [
        part
        for support, (title, meaning) in _SUPPORT_WORDS.items()
        for part in (
            f"## {title}",
            meaning,
            _table(
                ("service", "what", "here"),
                [(row.service, row.what, row.instead) for row in CAPABILITIES if row.support is support],
            ),
        )
    ]
    return _page(
        "# What the emulator is worth",
        ORIGIN,
        "What is not listed is moto's own. `studyctl emulator status` prints these tables and what the running "
        "emulator was asked and could not answer. What it is and where it lives: [emulator.md](emulator.md).",
        *tables,
    )


def _help_texts(command: Any, context: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    yield words, f"{command.get_help(context)}\n"
    for name, below in getattr(command, "commands", {}).items():
        inner = below.make_context(name, [], parent=context, resilient_parsing=True)
        yield from _help_texts(below, inner, (*words, name))


def _everything() -> Any:
    """The command line with the parameters of all commands."""
    root: Any = command_line()
    root.commands = {name: command.whole() for name, command in root.commands.items()}
    return root


def _command(command: Any, name: str, parent: Any) -> Iterator[str]:
    context = command.make_context(name, [], parent=parent, resilient_parsing=True)
    if subcommands := getattr(command, "commands", None):
        for key in command.list_commands(context):
            yield from _command(subcommands[key], key, context)
        return
    yield f"## {context.command_path}"
    yield inspect.cleandoc(command.help or "")
    yield f"```\n{' '.join([context.command_path, *command.collect_usage_pieces(context)])}\n```"
    yield from _arguments(command)
    yield from _options(command, context)


def _arguments(command: Any) -> Iterator[str]:
    rows = [
        (f"`{parameter.name}`", parameter.help or "", "yes" if parameter.required else "no")
        for parameter in command.params
        if parameter.param_type_name == "argument"
    ]
    if rows:
        yield _table(("argument", "meaning", "required"), rows)


def _options(command: Any, context: Any) -> Iterator[str]:
    shown = [
        parameter
        for parameter in command.params
        if parameter.param_type_name == "option" and parameter.name not in SHELL_OPTIONS
    ]
    if not shown:
        return
    has_variables = any(option.envvar for option in shown)
    heads = ("option", "meaning", "default", "variable") if has_variables else ("option", "meaning", "default")
    yield _table(heads, [_option(option, context)[: len(heads)] for option in shown])


def _option(option: Any, context: Any) -> tuple[str, str, str, str]:
    written, _ = option.get_help_record(context)
    default = "" if option.is_flag or option.default is None else f"`{option.default}`"
    default = "required" if option.required else default
    return f"`{written}`", option.help or "", default, f"`{option.envvar}`" if option.envvar else ""


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *([cell.replace("|", "\\|") for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(*parts: str) -> str:
    return "\n\n".join(parts) + "\n"
