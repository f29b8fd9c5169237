"""What AWS asks of a caller beside the call itself. The emulator asks nothing of the kind, so no recording shows it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.contract_files import read_command_contracts, read_contracts_of_each_command
from studyctl.domain.policy.capabilities.commands import CommandContract, whole

EACH = read_contracts_of_each_command(REPOSITORY)
CONTRACTS: Mapping[str, CommandContract] = {
    **{name: whole(contract, EACH) for name, contract in EACH.items()},
    **{contract.name: contract for contract in read_command_contracts(REPOSITORY)},
}


@pytest.mark.parametrize(
    ("call", "beside"),
    [
        # CloudWatch Logs user guide, "Logging that requires additional permissions [V2]": for each resource that logs
        ("logs:PutDeliverySource", "cloudfront:AllowVendedLogDeliveryForResource"),
        # ECR user guide, "Encryption at rest", required permissions
        ("ecr:CreateRepository", "kms:CreateGrant"),
        ("ecr:CreateRepository", "kms:RetireGrant"),
        ("ecr:DeleteRepository", "kms:RetireGrant"),
        # AWS Backup developer guide, "Backup vault creation and deletion", required permissions
        ("backup:CreateBackupVault", "backup-storage:MountCapsule"),
        ("backup:CreateBackupVault", "kms:RetireGrant"),
        # EC2 Auto Scaling user guide, "Use AWS Systems Manager parameters instead of AMI IDs in launch templates"
        ("ec2:CreateLaunchTemplate", "ssm:GetParameters"),
        # AWS Cloud Map developer guide, "API permissions reference"
        ("servicediscovery:CreatePrivateDnsNamespace", "ec2:DescribeRegions"),
        ("servicediscovery:CreatePrivateDnsNamespace", "route53:ListHostedZonesByName"),
        # S3 API reference, PutObject: with x-amz-tagging, which the provider's default tags come as. The pages for
        # errors that go with a distribution are the objects that terraform puts.
        ("cloudfront:CreateDistribution", "s3:PutObjectTagging"),
    ],
)
def test_whoever_calls_it_has_what_aws_asks_beside_it(call: str, beside: str) -> None:
    callers = {name for name, contract in CONTRACTS.items() if call in granted(contract)}
    assert callers
    assert {name for name in callers if beside not in granted(CONTRACTS[name])} == set()


def granted(contract: CommandContract) -> set[str]:
    return {action for grant in contract.grants for action in grant.actions}
