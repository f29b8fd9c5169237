"""The least policies that are committed are what the contracts come to."""

from __future__ import annotations

from tests.support.checkout import REPOSITORY

from studyctl.adapters.contract_files import (
    outdated,
    read_command_contracts,
    read_contracts,
    read_contracts_of_each_command,
)
from studyctl.domain.policy.capabilities.commands import whole
from studyctl.usecases.iam import generated


def test_the_generated_policies_are_current() -> None:
    found = read_contracts(REPOSITORY)
    each = read_contracts_of_each_command(REPOSITORY)
    commands = (*read_command_contracts(REPOSITORY), *(whole(one, each) for one in each.values()))
    names = outdated(REPOSITORY, generated(found.contracts, found.kinds, commands))
    assert names == (), "if the change is meant, run: studyctl iam generate"
