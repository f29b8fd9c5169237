"""The commands about releases as people and pipelines run them: exit codes, what they print, what they leave alone."""

from __future__ import annotations

import base64
import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as xml

import pytest
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine, Finished
from tests.support.pipeline.step_process import Cancel, Ended, run_step
from tests.support.platform import ACCOUNT, REGION
from tests.support.releases.stage import Stage

from studyctl.adapters.aws.releases import ledger_of
from studyctl.adapters.aws.signatures import ALGORITHM
from studyctl.adapters.emulator import process
from studyctl.domain.release.ledger import LedgerEntry, Status
from studyctl.domain.release.manifest import Manifest
from studyctl.usecases.deploy import PLATFORM_OUTPUT
from studyctl.usecases.render import state_bucket_name

KEY = "alias/study-images"
NAMES = ("dev", "staging")
STATE_BUCKET = state_bucket_name("study", ACCOUNT, REGION)
SCALING = "    scaling: {"
QUICK_BAKE = "    release: { bake_seconds: 30 }\n"


@dataclass(frozen=True)
class Town:
    """Two environments on one emulator, deployed as far as releases care, and the command line of their checkout."""

    checkout: Checkout
    studyctl: CommandLine
    stages: Mapping[str, Stage]

    def image(self, version: str, behaviour: str = "good") -> str:
        """Push a build to dev; its digest."""
        return str(self.stages["dev"].image(version, behaviour))

    def entries(self, name: str = "dev") -> tuple[LedgerEntry, ...]:
        """The ledger, newest first."""
        return ledger_of(self.stages[name].session, STATE_BUCKET, name).entries()

    def pushed(self, name: str) -> set[str]:
        """The digests in the registry of an environment."""
        ecr, repository = self.stages[name].client("ecr"), self.stages[name].platform["registry_url"].partition("/")[2]
        return {image["imageDigest"] for image in ecr.list_images(repositoryName=repository)["imageIds"]}

    def serving(self, name: str = "dev") -> set[str]:
        """The digests that serve."""
        return {image.rpartition("@")[2] for image in self.stages[name].serving().values()}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    for name in NAMES:
        file = checkout.environment_file(name)
        file.write_text(file.read_text("utf-8").replace(SCALING, QUICK_BAKE + SCALING), "utf-8")
    emulator = process.start(checkout.emulator_folder)
    stages = {name: Stage(emulator.url, checkout.emulator_folder, f"study-{name}") for name in NAMES}
    _keep_state(stages)
    made = Town(checkout, CommandLine(checkout.folder), stages)
    made.studyctl("release", "dev", "--tag", made.image("first")).must(0)
    yield made
    for stage in stages.values():
        stage.close()
    process.stop(checkout.emulator_folder)


def _keep_state(stages: Mapping[str, Stage]) -> None:
    """Put states where terraform would have: all that releases read of them is one output."""
    s3 = stages["dev"].client("s3")
    s3.create_bucket(Bucket=STATE_BUCKET)
    for name, stage in stages.items():
        state = {
            "serial": 1,
            "lineage": name,
            "terraform_version": "1.11.0",
            "resources": [],
            "outputs": {PLATFORM_OUTPUT: {"value": stage.platform}},
        }
        s3.put_object(Bucket=STATE_BUCKET, Key=f"environments/{name}/platform.tfstate", Body=json.dumps(state).encode())


def expect_unchanged(town: Town, exit_code: int, *arguments: str) -> Finished:
    """The command is refused, and the ledger and what serves are what they were."""
    before, serving = len(town.entries()), town.serving()
    refused = town.studyctl(*arguments).must(exit_code)
    assert refused.stderr.count("error: ") == 1
    assert (len(town.entries()), town.serving()) == (before, serving)
    return refused


def test_a_dry_run_shows_what_differs_and_changes_nothing(town: Town) -> None:
    before = len(town.entries())
    shown = town.studyctl("release", "dev", "--tag", town.image("only-shown"), "--dry-run", "--json").must(0).document
    assert (shown["dry_run"], shown["entry"]) == (True, None)
    assert [change["path"] for change in shown["plan"]["changes"]["api"]] == ["app.image"]
    told = town.studyctl("release", "dev", "--tag", town.image("only-shown"), "--dry-run").must(0).stdout
    assert "1. register document, api" in told
    assert len(town.entries()) == before


def test_a_release_is_listed_shown_and_put_back(town: Town) -> None:
    studyctl, before = town.studyctl, town.serving()
    released = (
        studyctl("release", "dev", "--tag", town.image("second"), "--reason", "a test", "--json").must(0).document
    )
    number = released["entry"]["number"]
    assert (released["entry"]["status"], released["serving"]) == ("proven", number)

    listed = studyctl("releases", "dev").must(0).stdout
    assert "proven, serves" in listed
    shown = studyctl("releases", "show", "dev", str(number)).must(0).stdout
    assert "a test" in shown
    assert "bake" in shown
    studyctl("releases", "show", "dev", "999").must(64)
    assert studyctl("lock", "show", "dev", "--json").must(0).document["releases"] is None
    assert "nothing to resume" in studyctl("release", "dev", "--resume").must(0).stdout

    planned = studyctl("rollback", "dev", "--dry-run", "--json").must(0).document
    assert (planned["entry"], planned["plan"]["current"]) == (None, number)
    done = studyctl("rollback", "dev", "--reason", "a test", "--json").must(0).document
    assert (done["entry"]["status"], done["entry"]["operation"]) == ("proven", "rollback")
    assert town.serving() == before


def test_what_smoke_finds_is_a_table_json_and_junit(town: Town, tmp_path: Path) -> None:
    file = tmp_path / "smoke.xml"
    good = town.studyctl("smoke", "dev", "--json", "--junit", str(file)).must(0).document
    suite = _read(file)
    assert (good["verdict"], suite.get("failures"), suite.get("errors")) == ("pass", "0", "0")
    assert int(suite.get("tests", "")) == len(good["results"]) == len(suite.findall("testcase"))
    assert "HEALTHY" in town.studyctl("smoke", "dev", "--check", "queues").must(0).stdout.upper()

    s3, bucket = town.stages["dev"].client("s3"), town.stages["dev"].platform["buckets"]["uploads"]
    block = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration={**block, "BlockPublicPolicy": False})
    try:
        bad = town.studyctl("smoke", "dev", "--check", "buckets", "--junit", str(file)).must(10)
    finally:
        s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=block)
    assert "studyctl smoke dev --check buckets" in bad.stderr
    assert "public access is possible" in bad.stdout
    (failure,) = _read(file).iter("failure")
    assert failure.get("message") == "public access is possible"
    town.studyctl("smoke", "dev", "--check", "everything").must(64)


def _read(file: Path) -> xml.Element:
    return xml.parse(file).getroot()  # noqa: S314 - written by ourselves


def test_a_bad_release_says_why_what_serves_and_what_to_run(town: Town) -> None:
    before = town.serving()
    failed = town.studyctl("release", "dev", "--tag", town.image("crashes", "crash")).must(8)
    assert "ImportError: cannot import name 'quiz'" in failed.stderr
    assert "serves again" in failed.stderr
    assert f"studyctl releases show dev {town.entries()[1].number}" in failed.stderr
    assert town.serving() == before


def test_a_freeze_refuses_releases_and_promotions_and_lets_everybody_go_back(town: Town) -> None:
    with town.checkout.frozen("dev"), town.checkout.frozen("staging"):
        before = (town.entries(), town.entries("staging"))
        tag = town.image("urgent")
        town.studyctl("release", "dev", "--tag", tag).must(3)
        assert "(century)" in town.studyctl("promote", "dev", "staging").must(3).stderr
        assert (town.entries(), town.entries("staging")) == before
        assert not town.serving() & town.pushed("staging"), "no image was copied either"
        town.studyctl("release", "dev", "--tag", tag, "--dry-run").must(0)
        town.studyctl("release", "dev", "--tag", tag, "--override-freeze", "logins fail").must(0)
        number = str(town.entries()[0].number)
        assert "--override-freeze logins fail" in town.studyctl("releases", "show", "dev", number).must(0).stdout
        town.studyctl("rollback", "dev").must(0)
        assert tag not in town.serving()


@pytest.mark.parametrize(
    ("seconds", "signals"),
    [(60.0, (signal.SIGINT,)), (0.0, (signal.SIGINT, signal.SIGTERM, signal.SIGKILL))],
    ids=["listens", "is-killed"],
)
def test_what_a_cancelled_job_left_is_finished_by_the_next_one(
    town: Town, tmp_path: Path, seconds: float, signals: tuple[signal.Signals, ...]
) -> None:
    image, number = town.image(f"cancelled-{len(signals)}"), town.entries()[0].number + 1
    words = ("deploy", "dev", "--only", "services", "--run-before", "", "--tag", image)
    ended = run_step(
        (sys.executable, "-m", "studyctl.cli.main", *words),
        town.checkout.folder,
        dict(os.environ),
        tmp_path / "log",
        Cancel(lambda: town.entries()[0].number == number, seconds, seconds),
    )
    assert ended == Ended(130 if len(signals) == 1 else -signal.SIGKILL, signals), (tmp_path / "log").read_text()
    assert town.entries()[0].status is Status.UNDERWAY

    outputs = tmp_path / "outputs"
    again = town.studyctl(*words, GITHUB_OUTPUT=str(outputs)).must(0)
    assert outputs.read_text("utf-8") == f"release={number}\n", "which release a later job may promote"
    assert f"release {number} was left at step" in again.stderr
    assert (town.entries()[0].number, town.entries()[0].status) == (number, Status.PROVEN)
    assert town.serving() == {image}


def test_only_what_was_proven_is_promoted_and_with_the_same_digests(town: Town) -> None:
    studyctl = town.studyctl
    assert "nothing was ever proven in staging" in studyctl("promote", "staging", "dev").must(3).stderr
    studyctl("promote", "dev", "dev").must(64)
    studyctl("promote", "dev", "staging", "--manifest", "nowhere.json").must(64)
    serves = next(entry.number for entry in town.entries() if entry.status is Status.PROVEN)
    another = studyctl("promote", "dev", "staging", "--release", str(serves + 1)).must(3)
    assert f"serves dev, not release {serves + 1}" in another.stderr
    assert not town.serving() & town.pushed("staging"), "what is refused copies nothing"
    release = ("promote", "dev", "staging", "--release", str(serves), "--json")
    promoted = studyctl(*release).must(0).document["entry"]
    assert (promoted["operation"], promoted["status"]) == ("promotion", "proven")
    assert promoted["promoted_from"] == f"dev {town.entries()[0].number}"
    assert town.serving("staging") == town.serving("dev")


@pytest.fixture(scope="module")
def sign(town: Town) -> Iterator[Any]:
    """Dev's file names a key, and this signs with it."""
    kms, file = town.stages["dev"].client("kms"), town.checkout.environment_file("dev")
    key_id = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=KEY, TargetKeyId=key_id)

    def sign_manifest(*digests: str) -> Manifest:
        manifest = Manifest(commit="c0ffee", images={f"image-{index}": each for index, each in enumerate(digests)})
        signature = kms.sign(KeyId=KEY, Message=manifest.signed_bytes, MessageType="RAW", SigningAlgorithm=ALGORITHM)[
            "Signature"
        ]
        return manifest.model_copy(update={"signature": base64.b64encode(signature).decode()})

    original = file.read_text("utf-8")
    file.write_text(f"{original}\nimage_signing_key: {KEY}\n", "utf-8")
    yield sign_manifest
    file.write_text(original, "utf-8")


def test_f99_where_a_key_is_named_only_a_signed_manifest_opens(town: Town, sign: Any, tmp_path: Path) -> None:
    image, other, file = town.image("signed"), town.image("unsigned"), tmp_path / "build.json"
    none = expect_unchanged(town, 3, "release", "dev", "--tag", image)
    assert "--manifest FILE" in none.stderr

    manifest: Manifest = sign(image)
    forged = manifest.model_copy(update={"images": {**manifest.images, "more": other}})
    file.write_text(forged.model_dump_json(), "utf-8")
    changed = expect_unchanged(town, 3, "release", "dev", "--tag", other, "--manifest", str(file))
    assert f"the manifest was not signed with {KEY}" in changed.stderr

    file.write_text(manifest.model_dump_json(), "utf-8")
    stranger = expect_unchanged(town, 3, "release", "dev", "--tag", other, "--manifest", str(file))
    assert f"@{other} is not in the manifest" in stranger.stderr

    town.studyctl("release", "dev", "--tag", image, "--manifest", str(file)).must(0)
    assert town.serving() == {image}


@pytest.mark.parametrize("text", [None, "[]", "\x00"])
def test_what_is_no_manifest_is_bad_input(town: Town, tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "build.json"
    if text is not None:
        file.write_text(text, "utf-8")
    refused = town.studyctl("release", "dev", "--tag", "v1", "--manifest", str(file)).must(64)
    assert str(file) in refused.stderr
