from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.functional.pipeline.town import Town
from tests.support.pipeline.account import EmulatedAccount
from tests.support.pipeline.lab import Lab
from tests.support.pipeline.runner import Runner

from studyctl.adapters.emulator import process


@pytest.fixture(scope="package")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """An empty account, a repository, and the environments that a person makes after `studyctl bootstrap`."""
    lab = Lab(tmp_path_factory.mktemp("town"))
    endpoint = process.start(lab.emulator_folder)
    try:
        lab.origin.commit("The platform")
        roles = lab.studyctl("bootstrap", "staging", "--json").must(0).document["role_arns"]
        github = lab.github(endpoint)
        github.environments = lab.environments(roles)
        yield Town(lab, Runner(github), EmulatedAccount(endpoint), roles)
    finally:
        process.stop(lab.emulator_folder)
