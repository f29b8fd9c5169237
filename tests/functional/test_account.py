"""The account's own resources: made once, found again, and safe enough for every environment's state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.command_line import CommandLine

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

AskAws = Callable[..., Any]


@pytest.fixture(scope="module")
def bucket(studyctl: CommandLine, aws: AskAws) -> str:
    """The state bucket of the account."""
    return str(studyctl("bootstrap", "dev", "--json").must(0).document["bucket"])


def test_a_second_bootstrap_changes_nothing(studyctl: CommandLine, bucket: str) -> None:
    again = studyctl("bootstrap", "dev", "--json").must(0).document
    assert again == {"bucket": bucket, "changed": False, "resources": 0, "role_arns": {}}


def test_the_state_is_versioned_and_encrypted_with_a_key_of_its_own(bucket: str, aws: AskAws) -> None:
    s3 = aws("s3")
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    default = rule["ApplyServerSideEncryptionByDefault"]
    assert default["SSEAlgorithm"] == "aws:kms"
    key = aws("kms").describe_key(KeyId=default["KMSMasterKeyID"])["KeyMetadata"]
    assert key["KeyManager"] == "CUSTOMER"
    assert aws("kms").get_key_rotation_status(KeyId=key["KeyId"])["KeyRotationEnabled"]


def test_the_state_is_private_and_its_accesses_are_logged(bucket: str, aws: AskAws) -> None:
    s3 = aws("s3")
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert all(block.values())
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]["TargetBucket"] != bucket


def test_the_policy_wants_tls_and_keeps_every_version(bucket: str, aws: AskAws) -> None:
    statements = json.loads(aws("s3").get_bucket_policy(Bucket=bucket)["Policy"])["Statement"]
    denied = [statement for statement in statements if statement["Effect"] == "Deny"]
    assert any(re.search("SecureTransport", json.dumps(statement.get("Condition", {}))) for statement in denied)
    keeping = [s for s in denied if s["Action"] in ("s3:DeleteObjectVersion", ["s3:DeleteObjectVersion"])]
    assert [(s["Principal"], s.get("Condition")) for s in keeping] in ([("*", None)], [({"AWS": "*"}, None)])
