"""Reads infra/pipeline.yaml: the repository whose jobs deploy, and what they promote."""

from __future__ import annotations

from pathlib import Path

from studyctl.adapters.specs import SpecFiles
from studyctl.adapters.yaml_text import UnreadableYaml, read_yaml
from studyctl.domain.pipeline_identity import PipelineIdentity, promotions_of, repository_of, require_known
from studyctl.errors import UsageError

FILE = Path("infra") / "pipeline.yaml"


def read_pipeline_identity(checkout: Path) -> PipelineIdentity | None:
    """Return whose jobs deploy; None where there is no file or it names no repository.

    Raises:
        UsageError: the file cannot be used.
    """
    try:
        content = (checkout / FILE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        value = read_yaml(content).value
        repository, promotions = repository_of(value), promotions_of(value)
        if repository is not None:
            require_known(promotions, SpecFiles(checkout).names())
    except (UnreadableYaml, ValueError) as error:
        raise UsageError(
            f"{FILE.as_posix()} cannot be used: {error}", hint="How it looks is in docs/accounts.md, 'The pipeline'."
        ) from error
    return None if repository is None else PipelineIdentity(repository, promotions)
