"""Property: whatever text stands in a spec, terraform reads exactly this text (F63, F64, F69, F71).

A root without providers takes the rendered variables and hands them back as outputs; nothing is played.
"""

from __future__ import annotations

import json
import os
import subprocess
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from studyctl.adapters.private_files import PrivateFolder
from studyctl.adapters.specs import SpecFiles
from studyctl.adapters.templates import hcl_literal
from studyctl.adapters.terraform import binary
from studyctl.domain.environment import Environment
from studyctl.usecases.render import build_variables, variables_text

pytestmark = pytest.mark.terraform

REPOSITORY = Path(__file__).resolve().parents[2]
ACCOUNT = "123456789012"

# Pieces that mean something to HCL, JSON, a shell or a terminal; and any other text.
PIECES = [
    *("${", "$${", "$$${", "%{", "%%{", "}", "~}", "${path.module}", '${file("/etc/passwd")}'),
    *("%{ if true }", "%{ endif }", "<<EOT\n", "\nEOT\n", "#", "//", "/*", "*/", "=", ","),
    *('"', "'", "`", "\\", "\\u0024{", "\\n", "\n", "\r\n", "\t", '"\nextra = "1', '","extra":"1'),
    *("$(id)", "; id", "\x1b[31m", "\x7f", "\u202e", "\ufeff", "\u2028", "é", "e\u0301", "😀", "\U0001d4b3", " "),
]
ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
HOSTILE = st.lists(st.one_of(st.sampled_from(PIECES), ANY_TEXT), max_size=6).map(
    lambda parts: unicodedata.normalize("NFC", "".join(parts))
)


class EchoRoot:
    """A root module whose outputs are its variables."""

    def __init__(self, folder: Path, names: list[str]) -> None:
        self._folder = folder
        self._launcher = binary.find(os.environ).launcher
        self._files = PrivateFolder(folder)
        echo = (f'variable "{name}" {{ type = any }}\noutput "{name}" {{ value = var.{name} }}\n' for name in names)
        self._files.write(folder / "main.tf", "".join(echo))

    def read_back(self, **var_files: str) -> dict[str, Any]:
        """Apply with var-files of these contents; return the outputs. An undeclared variable is a failure."""
        paths = [self._folder / name.replace("_", ".") for name in var_files]
        for path, content in zip(paths, var_files.values(), strict=True):
            self._files.write(path, content)
        told = self._run("apply", "-auto-approve", "-input=false", *(f"-var-file={path}" for path in paths))
        assert "undeclared" not in told
        return {name: output["value"] for name, output in json.loads(self._run("output", "-json")).items()}

    def _run(self, *arguments: str) -> str:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        done = subprocess.run(
            [*self._launcher, *arguments, *(["-no-color"] if arguments[0] == "apply" else [])],
            cwd=self._folder,
            env=clean | {"CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def staging() -> Environment:
    return SpecFiles(REPOSITORY).load("staging")


@pytest.fixture(scope="module")
def root(staging: Environment, tmp_path_factory: pytest.TempPathFactory) -> EchoRoot:
    names = [*build_variables(staging, ACCOUNT), "values", "by_key", "number", "literals"]
    return EchoRoot(tmp_path_factory.mktemp("echo root"), names)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(texts=list(PIECES), number=10**30 + 1)
@given(texts=st.lists(HOSTILE, min_size=1, max_size=30), number=st.integers(-(10**30), 10**30))
def test_f63_f64_f69_terraform_reads_back_exactly_what_was_rendered(
    root: EchoRoot, staging: Environment, texts: list[str], number: int
) -> None:
    texts = [unicodedata.normalize("NFC", text) for text in texts]
    hostile = staging.model_copy(update={"owner": texts[0], "cost_center": texts[-1]})
    variables = build_variables(hostile, ACCOUNT) | {
        "values": texts,
        "by_key": {f"key {text}": text for text in texts},
        "number": number,
    }
    literals = f"literals = [{', '.join(hcl_literal(text) for text in texts)}]\n"

    outputs = root.read_back(spec_tfvars_json=variables_text(variables), literals_tfvars=literals)

    assert outputs == variables | {"literals": texts}
    assert outputs["number"] == number


def test_the_committed_environments_are_read_back_as_they_are(root: EchoRoot) -> None:
    for name in SpecFiles(REPOSITORY).names():
        variables = build_variables(SpecFiles(REPOSITORY).load(name), ACCOUNT)
        variables |= {"values": [], "by_key": {}, "number": 0, "literals": []}
        said = {key: value for key, value in variables.items() if value is not None}  # terraform drops null outputs
        assert root.read_back(spec_tfvars_json=variables_text(variables)) == said
