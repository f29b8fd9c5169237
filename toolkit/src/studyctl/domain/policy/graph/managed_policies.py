"""What AWS's own managed policies say, as of the date in the file; `scripts/refresh_managed_policies.py` writes it."""

from __future__ import annotations

import functools
import json
import zlib
from collections.abc import Mapping
from typing import Any

from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.grammar import parse_policy_value

FILE = "managed_policies.json.zlib"


def managed_policy(arn: str) -> Document | None:
    """Return the policy of AWS with an ARN, in any partition; None where it is not known."""
    content = _contents().get(arn.partition(":policy/")[2]) if ":iam::aws:policy/" in arn else None
    return None if content is None else _document(arn, json.dumps(content))


def is_amazons(arn: str) -> bool:
    """Whether an ARN is that of a policy of AWS."""
    return ":iam::aws:policy/" in arn


def everything() -> Mapping[str, Any]:
    """Return what every policy of AWS says, by path and name: "service-role/NAME"."""
    return _contents()


def pack(policies: Mapping[str, Any]) -> bytes:
    """Return the file for policies by their path and name: "service-role/NAME"."""
    return zlib.compress(json.dumps(policies, sort_keys=True, separators=(",", ":")).encode(), 9)


@functools.cache
def _contents() -> Mapping[str, Any]:
    from importlib import resources  # noqa: PLC0415 - needed only where a policy of AWS is attached

    data = resources.files(__package__).joinpath(FILE).read_bytes()
    contents: dict[str, Any] = json.loads(zlib.decompress(data))
    return contents


@functools.lru_cache(maxsize=256)
def _document(arn: str, text: str) -> Document:
    return parse_policy_value(text, arn)
