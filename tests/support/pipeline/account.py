"""The emulated account as jobs enter it: what a role trusts is read from IAM and decided as AWS decides."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
from tests.support.pipeline.hosting import ISSUER, NotTrusted

from studyctl.adapters.emulator.process import EmulatorEndpoint, connection_environment
from studyctl.domain.policy.evaluator import Policies, evaluate
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.request import Caller, Request

ENTERING = "sts:AssumeRoleWithWebIdentity"


@dataclass(frozen=True)
class EmulatedAccount:
    """Trades tokens of GitHub for credentials of the emulator. Its STS believes any token, so trust is judged here."""

    endpoint: EmulatorEndpoint

    def client(self, service: str, region: str = "us-east-1") -> Any:
        """A client with the emulator's own keys."""
        keys = connection_environment(self.endpoint)
        return boto3.client(
            service,
            region_name=region,
            endpoint_url=self.endpoint.url,
            aws_access_key_id=keys["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=keys["AWS_SECRET_ACCESS_KEY"],
        )

    def enter(self, role_arn: str, claims: Mapping[str, str], session: str) -> Mapping[str, str]:
        """The variables with the role's credentials, if it trusts a token with these claims."""
        if not self.trusts(role_arn, claims):
            raise NotTrusted(f"Not authorized to perform {ENTERING} on {role_arn}: the token is {dict(claims)}")
        made = self.client("sts").assume_role_with_web_identity(
            RoleArn=role_arn, RoleSessionName=session, WebIdentityToken=json.dumps(dict(claims))
        )["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": made["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": made["SecretAccessKey"],
            "AWS_SESSION_TOKEN": made["SessionToken"],
        }

    def trusts(self, role_arn: str, claims: Mapping[str, str]) -> bool:
        """Whether the trust policy of a role, as it is in the account, lets a token in."""
        name = role_arn.rpartition("/")[2]
        role = self.client("iam").get_role(RoleName=name)["Role"]
        assert role["Arn"] == role_arn
        trust = parse_policy(json.dumps(role["AssumeRolePolicyDocument"]), name)
        provider = f"arn:aws:iam::{role_arn.split(':')[4]}:oidc-provider/{ISSUER}"
        context = {f"{ISSUER}:{claim}": (value,) for claim, value in claims.items()}
        return evaluate(
            Policies(resource=(trust,)), Request(Caller.of(provider), ENTERING, role_arn, context)
        ).is_allowed
