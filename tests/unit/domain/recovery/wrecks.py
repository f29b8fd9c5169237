"""Wrecks for properties: what lost runs may have done, and what a state may say."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from studyctl.domain.recovery import Trace
from studyctl.domain.state import Instance, StateSnapshot

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z

addresses = st.sampled_from(
    [
        "aws_sqs_queue.main",
        'module.queue["email"].aws_sqs_queue.main',
        'module.queue["e.m[0]"].aws_sqs_queue.main["a"]',
        "aws_vpc.main",
        "aws_kms_key.data[0]",
        "aws_acm_certificate_validation.web",
        'aws_ecs_task_definition.task["api"]',
        "aws_iam_role.task",
    ]
)
identities = st.sampled_from(["id-1", "id-2", "id-3"])
traces = st.builds(
    Trace,
    created=st.dictionaries(addresses, identities),
    begun=st.frozensets(addresses),
    deleted=st.frozensets(addresses),
).map(lambda trace: replace(trace, begun=trace.begun - trace.created.keys()))


def state(
    instances: dict[str, str] | None = None, *, serial: int = 1, lineage: str = "one", digest: str = ""
) -> StateSnapshot:
    held = {address: Instance(address, identity) for address, identity in (instances or {}).items()}
    return StateSnapshot(serial, lineage, held, digest or f"{lineage}-{serial}-{sorted(held)}")
