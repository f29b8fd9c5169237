"""What an apply role may do to the environment that it is promoted from: read what was proven, and no more."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from tests.support.checkout import REPOSITORY
from tests.support.contracts import ACCOUNT

from studyctl.adapters.contract_files import read_command_contracts, read_contracts_of_each_command
from studyctl.adapters.terraform import binary
from studyctl.domain.policy.capabilities.commands import policies_of
from studyctl.domain.policy.documents import Document
from studyctl.domain.policy.evaluator import Authoriser, Policies
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.request import Caller, Request

pytestmark = pytest.mark.terraform

BUCKET = f"study-state-{ACCOUNT}-us-east-1"
ROLE = Caller.of(f"arn:aws:iam::{ACCOUNT}:role/ci/study-prod-apply")
LEDGER = f"arn:aws:s3:::{BUCKET}/environments/{{}}/ledger/releases/00000003.json"
STATE = f"arn:aws:s3:::{BUCKET}/environments/{{}}/platform.tfstate"
IMAGES = f"arn:aws:ecr:us-east-1:{ACCOUNT}:repository/study-{{}}/services"
READS = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
PUSHES = ("ecr:InitiateLayerUpload", "ecr:UploadLayerPart", "ecr:CompleteLayerUpload", "ecr:PutImage")


@pytest.fixture(scope="module")
def boundary(tmp_path_factory: pytest.TempPathFactory) -> Document:
    """The boundary of prod, in an account where staging and dev live too, as terraform fills in its template."""
    return filled_in(REPOSITORY / "iam-policies" / "boundary.json.tftpl", tmp_path_factory.mktemp("console"))


def filled_in(template: Path, folder: Path) -> Document:
    places = {
        **facts(),
        "limit": f"arn:aws:iam::{ACCOUNT}:policy/boundaries/study-prod-workloads",
        "regions": ["us-east-1"],
        "others": ["dev", "staging"],
    }
    (folder / "places.json").write_text(json.dumps(places), "utf-8")
    asked = f'base64encode(jsonencode(jsondecode(templatefile("{template}", jsondecode(file("places.json"))))))'
    told = subprocess.run(
        [*binary.find(os.environ).launcher, "console"],
        cwd=folder,
        input=asked,
        capture_output=True,
        text=True,
        check=True,
    )
    return parse_policy(base64.b64decode(told.stdout.strip().strip('"')), template.name)


def facts() -> dict[str, Any]:
    return {
        "partition": "aws",
        "region": "us-east-1",
        "account": ACCOUNT,
        "project": "study",
        "environment": "prod",
        "source": "staging",
        "prefix": "study-prod",
        "state_bucket": BUCKET,
    }


@cache
def grants() -> tuple[Document, ...]:
    """What the apply role holds."""
    contracts = {one.name: one for one in read_command_contracts(REPOSITORY)}
    found = []
    for name in ("reads", "changes"):
        for file, text in policies_of(contracts[name]).items():
            found.append(parse_policy(with_places(text, facts()).encode(), file))
    return tuple(found)


def with_places(text: str, places: Mapping[str, Any]) -> str:
    for place, value in places.items():
        text = text.replace(f"${{{place}}}", value)
    return text


def may(boundary: Document, action: str, resource: str) -> bool:
    return Authoriser(Policies(grants(), boundary=(boundary,))).decide(request(action, resource)).is_allowed


def request(action: str, resource: str, **tags: str) -> Request:
    tagged = {f"aws:resourcetag/{name}": (value,) for name, value in tags.items()}
    return Request(ROLE, action, resource, {"aws:requestedregion": ("us-east-1",), **tagged})


def test_what_was_proven_is_read_and_pushed_where_it_is_released(boundary: Document) -> None:
    assert may(boundary, "s3:GetObject", LEDGER.format("staging"))
    assert may(boundary, "ecr:GetAuthorizationToken", "*")
    for action in READS:
        assert may(boundary, action, IMAGES.format("staging")), action
    for action in (*READS, *PUSHES):
        assert may(boundary, action, IMAGES.format("prod")), action


def test_nothing_else_of_where_it_was_proven_is_in_reach(boundary: Document) -> None:
    everything = Authoriser(Policies((EVERYTHING,), boundary=(boundary,)))

    def could(action: str, resource: str) -> bool:
        return everything.decide(request(action, resource)).is_allowed

    assert could("s3:GetObject", LEDGER.format("staging"))
    assert not could("s3:PutObject", LEDGER.format("staging"))
    assert not could("s3:GetObject", STATE.format("staging"))
    for action in (*PUSHES, "ecr:BatchDeleteImage", "ecr:SetRepositoryPolicy"):
        assert not could(action, IMAGES.format("staging")), action
    assert not could("s3:GetObject", LEDGER.format("dev")), "only from where it is promoted"
    assert not could("ecr:BatchGetImage", IMAGES.format("dev"))


def test_from_another_account_the_ledger_and_images_are_read_and_nothing_else() -> None:
    """The role that prod's jobs take in staging's account, where prod has another one."""
    held = read_contracts_of_each_command(REPOSITORY)["promote_source"]
    places = {**facts(), "environment": "staging", "prefix": "study-staging"}
    policies = [parse_policy(with_places(text, places).encode(), file) for file, text in policies_of(held).items()]
    guest = Authoriser(Policies(tuple(policies)))

    def may(action: str, resource: str) -> bool:
        return guest.decide(request(action, resource)).is_allowed

    assert may("s3:ListBucket", f"arn:aws:s3:::{BUCKET}")
    assert may("s3:GetObject", LEDGER.format("staging"))
    assert may("ecr:BatchGetImage", IMAGES.format("staging"))
    assert may("ecr:GetDownloadUrlForLayer", IMAGES.format("staging"))
    assert not may("s3:PutObject", LEDGER.format("staging"))
    assert not may("s3:GetObject", STATE.format("staging"))
    assert not may("s3:GetObject", LEDGER.format("dev"))
    assert not any(may(action, IMAGES.format("staging")) for action in PUSHES)


@pytest.mark.parametrize(
    ("action", "resource"), [("kms:ScheduleKeyDeletion", "key/1"), ("ec2:DeleteVolume", "volume/vol-1")]
)
def test_what_has_an_id_for_a_name_is_told_from_others_by_its_tag(
    boundary: Document, action: str, resource: str
) -> None:
    everything = Authoriser(Policies((EVERYTHING,), boundary=(boundary,)))
    arn = f"arn:aws:{action.partition(':')[0]}:us-east-1:{ACCOUNT}:{resource}"
    found = {name: everything.decide(request(action, arn, environment=name)).is_allowed for name in ("prod", "dev")}
    assert found == {"prod": True, "dev": False}
    assert everything.decide(request(action, arn)).is_allowed, "what is made has no tag yet"


EVERYTHING = parse_policy(
    b'{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}', "everything"
)
