"""Parameters are read without pydantic where they can, and refused in Typer's words where they cannot."""

from __future__ import annotations

import enum
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import pytest
import typer
from typer.testing import CliRunner

from studyctl.cli.coercion import read_plainly


class Colour(enum.StrEnum):
    RED = "red"
    BLUE = "blue"


USAGE_ERROR = 2
"""Of Typer alone; `studyctl` makes 64 of it."""

app = typer.Typer()


@app.command()
def show(
    paths: list[Path] | None = None,
    *,
    name: str = "nobody",
    colour: Colour = Colour.RED,
    colours: Annotated[list[Colour] | None, typer.Option()] = None,
    count: int = 1,
    loud: bool = False,
) -> None:
    typer.echo(repr((paths, name, colour, colours, count, loud)))


def run(*arguments: str) -> tuple[int, str]:
    read_plainly()
    result = CliRunner().invoke(app, arguments)
    return result.exit_code, result.output.strip()


@pytest.mark.parametrize(
    ("arguments", "read"),
    [
        ((), (None, "nobody", Colour.RED, None, 1, False)),
        (("--paths", "a", "--paths", "b/c"), ([Path("a"), Path("b/c")], "nobody", Colour.RED, None, 1, False)),
        (("--name", "somebody", "--loud"), (None, "somebody", Colour.RED, None, 1, True)),
        (("--colour", "blue", "--count", "3"), (None, "nobody", Colour.BLUE, None, 3, False)),
        (("--colours", "blue", "--colours", "red"), (None, "nobody", Colour.RED, [Colour.BLUE, Colour.RED], 1, False)),
    ],
)
def test_values_are_those_of_their_annotations(arguments: tuple[str, ...], read: object) -> None:
    assert run(*arguments) == (0, repr(read))


@pytest.mark.parametrize(("option", "value"), [("--colour", "green"), ("--colours", "green")])
def test_what_does_not_fit_is_refused(option: str, value: str) -> None:
    code, output = run(option, value)
    assert code == USAGE_ERROR
    assert value in output


def test_a_lint_of_one_policy_loads_neither_pydantic_nor_yaml(tmp_path: Path) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text('{"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}')
    script = (
        "import sys; from studyctl.cli.main import run; "
        "code = run(['lint', 'policy.json', '--quiet', '--json']); "
        "print(code, sorted({'pydantic', 'ruamel.yaml', 'rich', 'boto3'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "0 []"
