"""Reads infra/pipeline.yaml: the repository whose jobs deploy."""

from __future__ import annotations

from pathlib import Path

from studyctl.adapters.yaml_text import UnreadableYaml, read_yaml
from studyctl.domain.pipeline_identity import Repository, repository_of
from studyctl.errors import UsageError

FILE = Path("infra") / "pipeline.yaml"


def read_repository(checkout: Path) -> Repository | None:
    """Return the repository; None where there is no file or it names none.

    Raises:
        UsageError: the file cannot be used.
    """
    try:
        content = (checkout / FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        value = read_yaml(content).value
        return repository_of(value)
    except (UnreadableYaml, ValueError) as error:
        raise UsageError(
            f"{FILE.as_posix()} cannot be used: {error}", hint="How it looks is in docs/accounts.md, 'The pipeline'."
        ) from error
