"""Policies as people write them, made from a seed: the same for us and for every peer, no two with the same names."""

from __future__ import annotations

import functools
import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from studyctl.domain.policy.catalogue import Action, Service, catalogue

SERVICES = (
    *("s3", "s3", "s3", "dynamodb", "dynamodb", "sqs", "sqs", "sns", "lambda", "lambda", "logs", "logs", "ec2", "ec2"),
    *("kms", "kms", "secretsmanager", "ssm", "ecr", "ecs", "iam", "sts", "cloudwatch", "events", "states", "kinesis"),
    *("rds", "elasticache", "elasticloadbalancing", "route53", "cloudfront", "glue", "athena", "cognito-idp"),
)
"""The more often a service is used, the more often it is here."""
REGIONS = ("us-east-1", "eu-west-1", "ap-southeast-2")
WORDS = ("orders", "users", "media", "billing", "search", "events", "audit", "reports", "images", "session", "ingest")
VERBS = ("Get*", "List*", "Describe*", "Put*", "*")
TRUSTED = ("ec2", "lambda", "ecs-tasks", "states", "events")
RESOURCE_POLICIES = {
    "s3": ("s3:GetObject", "arn:aws:s3:::{name}/*"),
    "sqs": ("sqs:SendMessage", "arn:aws:sqs:{region}:{account}:{name}"),
    "sns": ("sns:Publish", "arn:aws:sns:{region}:{account}:{name}"),
}


def policies(count: int, seed: int = 2026, services: Sequence[str] = SERVICES) -> Iterator[str]:
    """Yield policies as texts: most for identities, some for resources, some that say who may assume a role.

    With every prefix of the catalogue as `services` little comes twice, so that no memory of patterns helps.
    """
    choose = random.Random(seed)  # noqa: S311 - a benchmark
    for number in range(count):
        kind = choose.random()
        make = functools.partial(_identity, services) if kind < 0.8 else _trust if kind < 0.9 else _resource
        document = {"Version": "2012-10-17", "Statement": make(choose, number)}
        yield json.dumps(document, indent=2)


def _identity(services: Sequence[str], choose: random.Random, number: int) -> list[dict[str, Any]]:
    return [_statement(services, choose, number, index) for index in range(choose.choice((1, 1, 2, 2, 3, 4, 6)))]


def _statement(services: Sequence[str], choose: random.Random, number: int, index: int) -> dict[str, Any]:
    service = catalogue().service(choose.choice(services))
    assert service is not None
    type_ = choose.choice(sorted(service.resource_types)) if service.resource_types else ""
    fitting = [action for action in service.actions.values() if _works_on(action, type_)]
    if not fitting:
        type_, fitting = "", list(service.actions.values())
    known = choose.sample(fitting, min(choose.choice((1, 1, 2, 3, 5, 8)), len(fitting)))
    statement: dict[str, Any] = {
        "Sid": f"Statement{index}",
        "Effect": "Deny" if choose.random() < 0.06 else "Allow",
        "Action": [_written(choose, action) for action in known],
        "Resource": _resources(choose, service, type_, number),
    }
    if choose.random() < 0.25:
        statement["Condition"] = _condition(choose, number)
    return statement


def _works_on(action: Action, type_: str) -> bool:
    return any(use.resource_type == type_ for use in action.resources)


def _written(choose: random.Random, action: Action) -> str:
    """Most are written out; some are patterns, and a few are mistyped."""
    if choose.random() < 0.12:
        return f"{action.service}:{choose.choice(VERBS)}"
    return action.text if choose.random() > 0.01 else action.text[:-1]


def _resources(choose: random.Random, service: Service, type_: str, number: int) -> str | list[str]:
    if not type_ or choose.random() < 0.15:
        return "*"
    arns = [_filled(choose, service.resource_types[type_].arns[0], number) for _ in range(choose.choice((1, 1, 2)))]
    return arns[0] if len(arns) == 1 else arns


def _filled(choose: random.Random, arn: str, number: int) -> str:
    first, *parts = arn.split("${")
    values = {"Partition": "aws", "Region": choose.choice(REGIONS), "Account": _account(number)}
    name = f"{choose.choice(WORDS)}-{number}" if choose.random() > 0.3 else f"{choose.choice(WORDS)}-*"
    return first + "".join(values.get(key, name) + rest for key, _, rest in (part.partition("}") for part in parts))


def _condition(choose: random.Random, number: int) -> dict[str, Any]:
    return choose.choice(
        (
            {"StringEquals": {"aws:RequestedRegion": choose.choice(REGIONS)}},
            {"StringEquals": {"aws:ResourceTag/Team": choose.choice(WORDS)}},
            {"Bool": {"aws:SecureTransport": "true"}},
            {"IpAddress": {"aws:SourceIp": f"10.{number % 256}.0.0/16"}},
            {"StringLike": {"aws:PrincipalArn": f"arn:aws:iam::{_account(number)}:role/{choose.choice(WORDS)}-*"}},
        )
    )


def _trust(choose: random.Random, number: int) -> list[dict[str, Any]]:
    principal = {"Service": f"{choose.choice(TRUSTED)}.amazonaws.com"}
    if choose.random() < 0.3:
        principal = {"AWS": f"arn:aws:iam::{_account(number)}:role/{choose.choice(WORDS)}-{number}"}
    return [{"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"}]


def _resource(choose: random.Random, number: int) -> list[dict[str, Any]]:
    action, template = RESOURCE_POLICIES[choose.choice(sorted(RESOURCE_POLICIES))]
    name = f"{choose.choice(WORDS)}-{number}"
    arn = template.format(name=name, region=choose.choice(REGIONS), account=_account(number))
    source = {"ArnLike": {"aws:SourceArn": f"arn:aws:sns:us-east-1:{_account(number)}:{name}"}}
    return [
        {"Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": action, "Resource": arn}
        | ({"Condition": source} if choose.random() < 0.7 else {}),
        {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": arn}
        | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
    ]


def _account(number: int) -> str:
    return f"{111122223333 + number % 7}"
