"""Contracts of this repository and small ones, and the ARNs of resources that no plan is needed for."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from tests.support.checkout import REPOSITORY

from studyctl.adapters.contract_files import Contracts, read_contracts
from studyctl.domain.policy.capabilities.model import Contract, ResourceName
from studyctl.domain.policy.capabilities.required import least, policy_value
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.grammar import parse_policy_value
from studyctl.domain.policy.graph.world import Identity, IdentityKind

ACCOUNT, REGION = "123456789012", "us-east-1"
FACTS = {
    "account": ACCOUNT,
    "region": REGION,
    "partition": "aws",
    "prefix": "study-dev",
    "backup_region": "us-west-2",
}
_ARNS = {
    "queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "bucket": "arn:aws:s3:::{}",
    "key": f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{{}}",
    "secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}",
    "parameter": f"arn:aws:ssm:{REGION}:{ACCOUNT}:parameter/{{}}",
    "repository": f"arn:aws:ecr:{REGION}:{ACCOUNT}:repository/{{}}",
    "log group": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/ecs/{{}}",
    "log stream": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/errors:log-stream:{{}}",
    "cache": f"arn:aws:elasticache:{REGION}:{ACCOUNT}:replicationgroup:{{}}",
    "cache user": f"arn:aws:elasticache:{REGION}:{ACCOUNT}:user:{{}}",
    "workspace": f"arn:aws:aps:{REGION}:{ACCOUNT}:workspace/ws-{{}}",
    "volume": f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-{{}}",
    "network interface": f"arn:aws:ec2:{REGION}:{ACCOUNT}:network-interface/eni-{{}}",
    "database instance": f"arn:aws:rds:{REGION}:{ACCOUNT}:db:{{}}",
    "vault": f"arn:aws:backup:{REGION}:{ACCOUNT}:backup-vault:{{}}",
    "stream": f"arn:aws:firehose:{REGION}:{ACCOUNT}:deliverystream/{{}}",
}
OWN: Contracts = read_contracts(REPOSITORY)


class Surveyor:
    """Gives every resource an ARN of its kind, always the same one."""

    def arn(self, resource: ResourceName) -> str:
        """The ARN of a resource by its name."""
        plain = str(resource).replace(" ", "-")
        return _ARNS[resource.kind.base].format(f"{plain}-{hashlib.sha256(plain.encode()).hexdigest()[:6]}")

    def fact(self, name: str) -> str:
        """What is true of the environment."""
        return FACTS[name]


def statements_of(contract: Contract) -> list[dict[str, Any]]:
    """The statements that are generated for a contract."""
    fields = dict.fromkeys(contract.fields, "some")
    return [dict(one) for one in least(contract, OWN.kinds, Surveyor(), fields).statements]


def document_of(statements: Sequence[Any], source: str = "policy") -> Document:
    """Statements as a policy."""
    return parse_policy_value(policy_value(statements), source)


def role_with(*documents: Document, boundary: tuple[Document, ...] | None = None) -> Identity:
    """A role that holds some policies."""
    arn = f"arn:aws:iam::{ACCOUNT}:role/worker"
    return Identity("aws_iam_role.worker", IdentityKind.ROLE, "worker", arn, documents, boundary=boundary)


GENERATED = tuple(contract for contract in OWN.contracts if statements_of(contract))
"""The contracts for which there is a policy of ours, not one of AWS."""
