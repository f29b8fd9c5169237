"""A copy of the checkout to measure in, and what plain terraform needs to be given by hand there."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from studyctl.adapters.emulator.process import EmulatorEndpoint, terraform_environment
from studyctl.adapters.specs import SpecFiles
from studyctl.adapters.terraform import cli_config, lock_file
from studyctl.domain.residents import Resident
from studyctl.domain.target import EMULATED_ACCOUNT_ID
from studyctl.usecases import bootstrap, render

PARTS = ("environments", "iam-policies", "infra", "monitoring", "terraform")


def copy_checkout(repository: Path, target: Path) -> None:
    """Copy what a deployment reads."""
    for part in PARTS:
        shutil.copytree(repository / part, target / part, ignore=shutil.ignore_patterns(".terraform", "tests"))


def plain_environment(endpoint: EmulatorEndpoint, checkout: Path) -> dict[str, str]:
    """The shell of somebody who runs terraform by hand against the emulator, providers from the same place as ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    home = checkout / "plain"
    cache = home / "plugin-cache"
    mirrors = cli_config.find_mirrors(os.environ)
    content = cli_config.text(mirrors, cache, lock_file.locked_versions(checkout / "infra" / "platform"))
    settings = cli_config.write(home, cache, content)
    return {**kept, **terraform_environment(endpoint), "TF_CLI_CONFIG_FILE": str(settings), "CHECKPOINT_DISABLE": "1"}


def write_plain_inputs(checkout: Path) -> None:
    """Variables and backends, as studyctl renders them, where plain terraform is told to look."""
    home = checkout / "plain"
    home.mkdir(exist_ok=True)
    environment = SpecFiles(checkout).load("dev")
    residents = {environment.name: Resident.of(environment)}
    variables = {
        "platform": render.build_variables(environment, EMULATED_ACCOUNT_ID),
        "bootstrap": bootstrap.variables(environment, EMULATED_ACCOUNT_ID, residents),
    }
    for root, values in variables.items():
        (home / f"{root}.tfvars.json").write_text(json.dumps(values), "utf-8")
    override = checkout / "infra" / "bootstrap" / "backend_override.tf"
    override.write_text('terraform {\n  backend "local" {}\n}\n', "utf-8")
    (home / "bootstrap.backend.hcl").write_text(f'path = "{home}/bootstrap.tfstate"\n', "utf-8")
    bucket = render.state_bucket_name(environment.project, EMULATED_ACCOUNT_ID, environment.region)
    (home / "platform.backend.hcl").write_text(
        f'bucket = "{bucket}"\nkey = "plain.tfstate"\nregion = "{environment.region}"\nuse_lockfile = true\n', "utf-8"
    )
