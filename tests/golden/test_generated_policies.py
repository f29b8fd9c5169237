"""The least policies that are committed are what the contracts come to."""

from __future__ import annotations

from tests.support.checkout import REPOSITORY

from studyctl.adapters.contract_files import outdated, read_command_contracts, read_contracts
from studyctl.usecases.iam import generated


def test_the_generated_policies_are_current() -> None:
    found = read_contracts(REPOSITORY)
    names = outdated(REPOSITORY, generated(found.contracts, found.kinds, read_command_contracts(REPOSITORY)))
    assert names == (), "if the change is meant, run: studyctl iam generate"
