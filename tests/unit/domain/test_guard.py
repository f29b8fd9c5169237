from pathlib import Path

import pytest

from studyctl.domain.configuration import Configuration, ConfigurationItem, ModuleCall, ProviderRequirement
from studyctl.domain.guard import check_configuration
from studyctl.errors import Refused

ROOT = Path("/repository/infra/platform")
FILE = ROOT / "main.tf"
HERE = Path("/repository/terraform/network")


def configuration(
    items: tuple[ConfigurationItem, ...] = (),
    modules: tuple[ModuleCall, ...] = (),
    providers: tuple[ProviderRequirement, ...] = (),
) -> Configuration:
    return Configuration(ROOT, items, modules, providers, "")


def test_an_ordinary_configuration_passes() -> None:
    verdict = check_configuration(
        configuration(
            (
                ConfigurationItem("resource", ("aws_vpc", "main"), FILE, 1),
                ConfigurationItem("data", ("aws_region", "x"), FILE, 2),
            ),
            (ModuleCall("network", "../../terraform/network", HERE, FILE, 3),),
            (ProviderRequirement("aws", "hashicorp/aws", FILE, 4),),
        )
    )
    assert not verdict.is_refused
    verdict.enforce()


@pytest.mark.parametrize(
    "bad",
    [
        configuration((ConfigurationItem("provisioner", ("local-exec",), FILE, 7),)),
        configuration((ConfigurationItem("connection", (), FILE, 7),)),
        configuration((ConfigurationItem("data", ("external", "x"), FILE, 7),)),
        configuration((ConfigurationItem("data", ("http", "x"), FILE, 7),)),
        configuration(providers=(ProviderRequirement("null", "hashicorp/null", FILE, 7),)),
        configuration(providers=(ProviderRequirement("aws", "evil/aws", FILE, 7),)),
        configuration(modules=(ModuleCall("x", "git::https://example.org/x.git", None, FILE, 7),)),
        configuration(modules=(ModuleCall("x", "terraform-aws-modules/vpc/aws", None, FILE, 7),)),
        configuration(modules=(ModuleCall("x", None, None, FILE, 7),)),
        configuration(modules=(ModuleCall("x", "../../../elsewhere", Path("/elsewhere"), FILE, 7),)),
    ],
)
def test_f75_f76_what_would_run_or_fetch_unreviewed_things_is_refused_with_its_place(bad: Configuration) -> None:
    verdict = check_configuration(bad)
    assert [finding.where for finding in verdict.findings] == [f"{FILE}:7"]
    with pytest.raises(Refused) as caught:
        verdict.enforce()
    assert caught.value.exit_code == 3
    assert caught.value.hint
