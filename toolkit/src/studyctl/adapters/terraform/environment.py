"""The environment terraform is given: nothing of the caller's that changes what terraform does, and ours."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from studyctl.domain.run import Operation
from studyctl.domain.workspace import Workspace
from studyctl.errors import UsageError

PLAN_GOGC = "400"
"""Planning is CPU in Terraform's core, a quarter of it garbage collection: 400 saves 5 of 23 s for some memory."""

_SCRUBBED_PREFIXES = ("TF_", "TERRAFORM_", "TOFU_")
"""All of them: TF_VAR_*, TF_CLI_ARGS*, TF_WORKSPACE, TF_LOG*, TF_REATTACH_PROVIDERS and TF_TOKEN_* alike."""
_SCRUBBED = frozenset({"TERRAFORM_CONFIG", "GOGC", "GOMEMLIMIT", "GODEBUG", "GOTRACEBACK"})
_SILENT = frozenset({"TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR", "TF_IN_AUTOMATION", "TF_INPUT"})
"""Scrubbed without a word: ours replace them, and container images set them by default."""
_KEPT = frozenset({"TF_APPEND_USER_AGENT"})

_KEPT_BESIDE_KEYS = frozenset({"AWS_CA_BUNDLE"})
"""A connection with its own keys is complete: no profile, role, token or endpoint of the caller may stay beside it."""

_STRAY_PATTERNS = ("terraform.tfvars", "terraform.tfvars.json", "*.auto.tfvars", "*.auto.tfvars.json")


def scrubbed(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the names (never values) of what terraform does not get although somebody may have meant it to."""
    return tuple(sorted(name for name in environ if _is_stray(name) and name not in _SILENT))


def build(
    environ: Mapping[str, str],
    workspace: Workspace,
    *,
    cli_config: Path,
    connection: Mapping[str, str],
    operation: Operation | None = None,
) -> dict[str, str]:
    """Return the environment for one workspace. `connection` holds the AWS_* variables of the target."""
    kept = {name: value for name, value in environ.items() if not _is_stray(name)}
    if "AWS_ACCESS_KEY_ID" in connection:
        kept = {name: value for name, value in kept.items() if not name.startswith("AWS_") or name in _KEPT_BESIDE_KEYS}
    ours = {
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
        "TF_DATA_DIR": str(workspace.data_dir),
        "TF_CLI_CONFIG_FILE": str(cli_config),
        "CHECKPOINT_DISABLE": "1",
    }
    if operation is Operation.PLAN:
        ours["GOGC"] = PLAN_GOGC
    return {**kept, **connection, **ours}


def refuse_stray_files(workspace: Workspace) -> None:
    """Refuse variable files that terraform would load by itself.

    Raises:
        UsageError: the root holds one.
    """
    stray = sorted(path.name for path in _stray_files(workspace.root))
    if stray:
        raise UsageError(
            f"{workspace.root} holds {', '.join(stray)}",
            why="Terraform loads such files by itself, so they would change every environment unnoticed.",
            hint=f"Move the values into environments/{workspace.environment}.yaml and delete the file.",
        )


def _stray_files(root: Path) -> Iterator[Path]:
    for pattern in _STRAY_PATTERNS:
        yield from root.glob(pattern)


def _is_stray(name: str) -> bool:
    return name not in _KEPT and (name.startswith(_SCRUBBED_PREFIXES) or name in _SCRUBBED)
