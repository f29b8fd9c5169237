"""Controls of Qdrant on a machine of ours: what its user data installs serves over TLS and to whoever has the key.

User data is readable for whoever may describe the machine, so the key itself must not be in it: the machine fetches it.
A plan from nothing does not know user data that name what is not made yet; the next plan does.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.graph.reach import Target, can
from studyctl.domain.policy.graph.resources import PlannedResource
from studyctl.domain.policy.plan_rules.instances import machines
from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence

PRODUCT = "qdrant"
LIMIT_BYTES = 1_048_576
"""Of user data that are compressed; EC2 takes 16 KiB of them."""
_GZIP = b"\x1f\x8b"
_EITHER_WINDOW = 32 + zlib.MAX_WBITS
_COMMENT = re.compile(r"^\s*#(?!cloud-config).*$", re.MULTILINE)
_NOISE = str.maketrans("", "", "\"'\\")
_TLS = re.compile(r"enable_tls(?:\s*[:=]\s*)(\w+)", re.IGNORECASE)
_KEY = re.compile(r"(?<![a-z_])(?:QDRANT__SERVICE__|)(?:read_only_)?api_key(?![a-z_])\s*[:=]\s*(\S*)", re.IGNORECASE)
_FILLED_IN_LATER = ("$", "%s", "{{", "<")
_FETCHED = re.compile(r"secretsmanager|get-secret-value|GetSecretValue")
_READS_SECRETS = Target(("secretsmanager:GetSecretValue",))
_ON = ("true", "1", "yes", "on")


def vector_stores_serve_over_tls(subject: PlanSubject) -> Iterator[Offence]:
    """Yield machines with a vector database that answers in the clear, and those whose user data nobody can read."""
    for machine in machines(subject):
        text = _user_data(machine)
        if text is None:
            yield at(machine, "its user data cannot be read, so nobody can say what it serves")
        elif _serves(text):
            said = {found[1].lower() for found in _TLS.finditer(text)}
            if not said or not said.issubset(_ON):
                yield at(machine, "its vector database answers without TLS")


def vector_stores_ask_for_a_key_that_is_fetched(subject: PlanSubject) -> Iterator[Offence]:
    """Yield machines with a vector database that asks for no key, or for one that lies in the user data."""
    for machine in machines(subject):
        text = _user_data(machine) or ""
        if not _serves(text):
            continue
        keys = [found[1] for found in _KEY.finditer(text)]
        if not keys:
            yield at(machine, "its vector database asks for no API key")
        elif any(key and not key.startswith(_FILLED_IN_LATER) for key in keys):
            yield at(machine, "the API key of its vector database lies in the user data")
        elif not _FETCHED.search(text) or not _may_fetch(subject, machine):
            yield at(machine, "the API key of its vector database does not come from Secrets Manager")


def _serves(text: str) -> bool:
    return PRODUCT in text.lower()


def _may_fetch(subject: PlanSubject, machine: PlannedResource) -> bool:
    computes = [one for one in subject.graph.world.computes if one.address == machine.address]
    roles = [subject.graph.world.by_address[address] for one in computes for address in one.roles]
    return any(not can(role, _READS_SECRETS).is_no for role in roles)


def _user_data(machine: PlannedResource) -> str | None:
    """Return what a machine is told at its start, without comments and quotes; None where it cannot be read."""
    plain = machine.text("user_data") if machine.type == "aws_instance" else ""
    encoded = machine.text("user_data_base64") if machine.type == "aws_instance" else machine.text("user_data")
    content = plain.encode() if plain else _decoded(encoded)
    if content is None:
        return None
    lines = content.decode("utf-8", "replace").replace("\\n", "\n")
    return _COMMENT.sub("", lines).translate(_NOISE)


def _decoded(text: str) -> bytes | None:
    try:
        content = base64.b64decode(text, validate=True)
        if not content.startswith(_GZIP):
            return content
        unpacking = zlib.decompressobj(_EITHER_WINDOW)
        unpacked = unpacking.decompress(content, LIMIT_BYTES)
    except (binascii.Error, zlib.error):
        return None
    return unpacked if unpacking.eof else None


_QDRANT = "https://qdrant.tech/documentation/operations/security/"

RULES = (
    control(
        "SC608",
        "vector-store-in-the-clear",
        vector_stores_serve_over_tls,
        source=_QDRANT + "#tls",
        severity=Severity.HIGH,
        summary="A vector database on a machine of ours serves over TLS",
        fix="Set service.enable_tls: true and tls.cert, tls.key in Qdrant's configuration.",
    ),
    control(
        "SC609",
        "vector-store-key",
        vector_stores_ask_for_a_key_that_is_fetched,
        source=_QDRANT + "#authentication",
        severity=Severity.HIGH,
        summary="A vector database asks for an API key, which its machine fetches from Secrets Manager",
        fix="Fetch it with `aws secretsmanager get-secret-value` before the start into QDRANT__SERVICE__API_KEY.",
    ),
)
