"""AWS services that act for whoever asks them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studyctl.domain.policy.documents import PolicyKind
from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.exposure.narrowing import ON_WHOSE_BEHALF, WHO, is_narrowed, leaves_strangers_out
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import PolicySubject, offence, service_principals
from studyctl.domain.policy.rules.traits import Trait

SILENT_IN_TRUST = frozenset(
    {
        *("ec2.amazonaws.com", "backup.amazonaws.com", "lambda.amazonaws.com", "edgelambda.amazonaws.com"),
        *("autoscaling.amazonaws.com", "spotfleet.amazonaws.com", "elasticmapreduce.amazonaws.com"),
        *("ecs.amazonaws.com", "eks.amazonaws.com", "eks-fargate-pods.amazonaws.com", "pods.eks.amazonaws.com"),
        *("elasticbeanstalk.amazonaws.com", "opsworks.amazonaws.com", "ssm.amazonaws.com"),
        *("application-autoscaling.amazonaws.com", "batch.amazonaws.com", "cognito-idp.amazonaws.com"),
    }
)
"""They assume a role without saying for whom, so a condition on the account would lock them out."""
_IN_CHINA = ".cn"
"""Some services have a name of their own there, such as ec2.amazonaws.com.cn."""
_SERVICE_KEYS = frozenset({"sts:externalid", "kms:viaservice", "aws:sourcevpc", "aws:principalservicename"})
_ACCOUNT_IN_KEY = re.compile(r"/AWSLogs/[0-9]{12}/")
"""Load balancers put the account that they log for into every key, and send no other word of it."""
_CONTEXT = "kms:encryptioncontext:"


def judge(subject: PolicySubject) -> Iterator[Offence]:
    """Yield Allow statements for services without a condition on the account or resource they act for."""
    if subject.kind not in (PolicyKind.RESOURCE, PolicyKind.TRUST):
        return
    for statement in subject.document.allows:
        services = set(service_principals(statement))
        if subject.kind is PolicyKind.TRUST:
            services = {name for name in services if name.removesuffix(_IN_CHINA) not in SILENT_IN_TRUST}
        if not services or is_narrowed(statement, ON_WHOSE_BEHALF, WHO, _SERVICE_KEYS):
            continue
        has_context = any(
            condition.key.text.lower().startswith(_CONTEXT) and leaves_strangers_out(condition)
            for condition in statement.conditions
        )
        is_in_key = bool(statement.resources) and all(
            _ACCOUNT_IN_KEY.search(item.text) for item in statement.resources or ()
        )
        if not has_context and not is_in_key:
            yield offence(statement, f"{', '.join(sorted(services))} may act here for any account")


RULE = Rule(
    id="SC403",
    name="confused-deputy",
    severity=Severity.MEDIUM,
    summary="Services act for this account only: aws:SourceAccount or aws:SourceArn on what they may do and assume",
    source="https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html",
    fix='Add "StringEquals": {"aws:SourceAccount": "ACCOUNT"} to the statement.',
    judge=judge,
    needs=Trait.SERVICE_PRINCIPAL,
)
