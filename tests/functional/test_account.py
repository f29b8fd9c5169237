"""The account's own resources: made once, found again, and safe enough for every environment's state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine

from studyctl.domain.account_state import STATE_KEY
from studyctl.domain.state import parse_state

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

AskAws = Callable[..., Any]
OPEN_ROLE = """
resource "aws_iam_role" "open" {
  name               = "study-open"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = "*", Action = "sts:AssumeRole" }]
  })
}
"""


@pytest.fixture(scope="module")
def bucket(studyctl: CommandLine, aws: AskAws) -> str:
    """The state bucket of the account."""
    return str(studyctl("bootstrap", "dev", "--json").must(0).document["bucket"])


def test_a_second_bootstrap_changes_nothing(studyctl: CommandLine, bucket: str) -> None:
    again = studyctl("bootstrap", "dev", "--json").must(0).document
    state = f"s3://{bucket}/{STATE_KEY}"
    nothing = {"changed": False, "resources": 0, "has_moved": False, "role_arns": {}}
    assert again == {"bucket": bucket, "state": state, **nothing}


def test_a_plan_that_a_rule_speaks_against_is_not_applied(
    studyctl: CommandLine, bucket: str, checkout: Checkout
) -> None:
    open_role = checkout.folder / "infra" / "bootstrap" / "open.tf"
    open_role.write_text(OPEN_ROLE, "utf-8")
    try:
        refused = studyctl("bootstrap", "dev").must(3)
    finally:
        open_role.unlink()
    assert "aws_iam_role.open" in refused.stderr
    assert "SC502" in refused.stderr
    assert studyctl("bootstrap", "dev", "--json").must(0).document["changed"] is False


def test_the_accounts_own_state_is_in_the_bucket_it_made(bucket: str, aws: AskAws, checkout: Checkout) -> None:
    state = parse_state(aws("s3").get_object(Bucket=bucket, Key=STATE_KEY)["Body"].read())
    assert "module.state_bucket.aws_s3_bucket.main" in state.instances
    assert not list(checkout.build.rglob("bootstrap/terraform.tfstate"))


def test_a_run_that_ended_before_the_state_moved_is_gone_on_with(
    studyctl: CommandLine, bucket: str, aws: AskAws, checkout: Checkout
) -> None:
    """As it is after the first apply: the state is a file, and the bucket has none."""
    (moved,) = checkout.build.rglob("bootstrap/terraform.tfstate.moved")
    moved.replace(moved.with_name("terraform.tfstate"))
    aws("s3").delete_object(Bucket=bucket, Key=STATE_KEY)  # a marker: no version may go
    went_on = studyctl("bootstrap", "dev", "--json").must(0)
    assert (went_on.document["has_moved"], went_on.document["changed"]) == (True, False)
    assert "An earlier run ended early" in went_on.stderr
    assert "Step 2 of 2" in went_on.stderr
    assert moved.exists() and not moved.with_name("terraform.tfstate").exists()


def test_a_bucket_whose_state_nobody_has_is_not_made_a_second_time(
    studyctl: CommandLine, bucket: str, aws: AskAws
) -> None:
    s3 = aws("s3")
    state = s3.get_object(Bucket=bucket, Key=STATE_KEY)["Body"].read()
    s3.delete_object(Bucket=bucket, Key=STATE_KEY)
    assert "neither it nor this machine holds the state" in studyctl("bootstrap", "dev").must(7).stderr
    s3.put_object(Bucket=bucket, Key=STATE_KEY, Body=state)


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


def test_the_account_guards_what_nobody_thinks_of(bucket: str, aws: AskAws) -> None:
    ec2 = aws("ec2")
    assert ec2.get_ebs_encryption_by_default()["EbsEncryptionByDefault"]
    assert ec2.get_instance_metadata_defaults()["AccountLevel"]["HttpTokens"] == "required"
    policy = aws("iam").get_account_password_policy()["PasswordPolicy"]
    assert (policy["MinimumPasswordLength"], policy["PasswordReusePrevention"]) == (14, 24)
