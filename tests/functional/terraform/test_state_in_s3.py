"""What the S3 backend's errors come to, against a real terraform and a state store that can be broken."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from studyctl.adapters.terraform.terraform import Terraform
from studyctl.domain.account_state import Home, home_of_state, require_moved
from studyctl.domain.lock import StateLocked
from studyctl.domain.state import parse_state
from studyctl.domain.workspace import Workspace
from studyctl.errors import Locked, PreflightFailed, StalePlan

pytestmark = [pytest.mark.terraform, pytest.mark.emulator]

KEY = "platform/dev.tfstate"
LOCK_KEY = f"{KEY}.tflock"
HELD = (
    '{"ID":"5a1f1f4a-7b7e-2b0c-3f0e-0c8f5b7f6a11","Operation":"OperationTypeApply","Info":"","Who":"ci@runner-7",'
    '"Version":"1.11.4","Created":"2026-11-22T14:12:03Z","Path":"states/platform/dev.tfstate"}'
)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = pytest.importorskip("moto.server").ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def connection(endpoint: str) -> dict[str, str]:
    return {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@pytest.fixture
def store(connection: dict[str, str]) -> Iterator[Any]:
    boto3 = pytest.importorskip("boto3")
    client = boto3.client(
        "s3",
        endpoint_url=connection["AWS_ENDPOINT_URL"],
        aws_access_key_id="test",
        aws_secret_access_key="test",  # noqa: S106 - the emulator's
        region_name="us-east-1",
    )
    client.create_bucket(Bucket="states")
    yield client
    for listed in client.list_objects_v2(Bucket="states").get("Contents", []) if has_bucket(client) else []:
        client.delete_object(Bucket="states", Key=listed["Key"])


def has_bucket(client: Any) -> bool:
    return any(bucket["Name"] == "states" for bucket in client.list_buckets()["Buckets"])


@pytest.fixture
def stored(environ: dict[str, str], workspace: Workspace, connection: dict[str, str]) -> Terraform:
    (workspace.root / "backend.tf").write_text('terraform {\n  backend "s3" {}\n}\n')
    workspace.build.mkdir(parents=True)
    settings = {
        "bucket": '"states"',
        "key": f'"{KEY}"',
        "region": '"us-east-1"',
        "use_lockfile": "true",
    }
    workspace.backend_config.write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    return Terraform.find(environ, connection=connection)


def plan(terraform: Terraform, workspace: Workspace) -> object:
    return terraform.plan(workspace, "r1", out=workspace.run_dir("r1") / "dev.tfplan")


def test_state_is_in_the_bucket_and_nowhere_else(stored: Terraform, workspace: Workspace, store: Any) -> None:
    stored.init(workspace)
    made = stored.plan(workspace, "r1", out=workspace.run_dir("r1") / "dev.tfplan").plan
    stored.apply(workspace, "r1", made)
    assert [listed["Key"] for listed in store.list_objects_v2(Bucket="states")["Contents"]] == [KEY]
    assert not list(Path(workspace.root).glob("*.tfstate*"))
    assert len(stored.state_addresses(workspace)) == 2


def test_a_state_that_began_on_this_machine_moves_into_the_bucket(
    stored: Terraform, workspace: Workspace, store: Any
) -> None:
    """As bootstrap's does: the backend is another one afterwards, and what it names is the same."""
    backend, settings = workspace.root / "backend.tf", workspace.backend_config.read_text("utf-8")
    backend.unlink()
    workspace.backend_config.unlink()
    stored.init(workspace)
    made = stored.plan(workspace, "r1", out=workspace.run_dir("r1") / "dev.tfplan").plan
    stored.apply(workspace, "r1", made)
    file = (workspace.root / "terraform.tfstate").rename(workspace.build / "first.tfstate")
    local = parse_state(file.read_bytes())
    backend.write_text('terraform {\n  backend "s3" {}\n}\n', "utf-8")
    workspace.backend_config.write_text(settings, "utf-8")
    stored.init(workspace)
    assert stored.state(workspace) is None, "nothing is there yet"
    stored.push_state(workspace, file)
    kept = stored.state(workspace)
    require_moved(local, kept, "states")
    assert home_of_state(local, kept, bucket="states", has_bucket=True) is Home.BUCKET, "the file was not put aside yet"


def test_f31_of_two_that_apply_one_plan_at_once_one_wins(stored: Terraform, workspace: Workspace, store: Any) -> None:
    stored.init(workspace)
    made = stored.plan(workspace, "r1", out=workspace.run_dir("r1") / "dev.tfplan").plan
    together = Barrier(2)

    def apply(run_id: str) -> str:
        together.wait()
        try:
            stored.apply(workspace, run_id, made)
        except (Locked, StalePlan) as late:
            return type(late).__name__
        return "applied"

    with ThreadPoolExecutor(2) as pool:
        ends = sorted(pool.map(apply, ("one", "other")))
    assert ends[-1] == "applied" and ends[0] != "applied", ends
    kept = stored.state(workspace)
    assert kept is not None and len(kept.instances) == 2
    with pytest.raises(StalePlan):
        stored.apply(workspace, "later", made)


def test_a_lock_that_is_held_is_named_and_can_be_removed(stored: Terraform, workspace: Workspace, store: Any) -> None:
    stored.init(workspace)
    store.put_object(Bucket="states", Key=LOCK_KEY, Body=HELD.encode())
    with pytest.raises(StateLocked) as caught:
        plan(stored, workspace)
    assert caught.value.lock is not None
    assert caught.value.lock.who == "ci@runner-7"
    assert "ci@runner-7, operation apply, since 2026-11-22 14:12:03" in str(caught.value)
    with pytest.raises(PreflightFailed) as wrong:
        stored.force_unlock(workspace, "00000000-0000-0000-0000-000000000000")
    assert "\x1b" not in str(wrong.value)
    stored.force_unlock(workspace, caught.value.lock.lock_id)
    plan(stored, workspace)


@pytest.mark.parametrize("content", [b"", b'{"ID": "5a1f', b"<html>busy</html>"])
def test_f20_a_lock_that_cannot_be_read_is_a_lock(
    stored: Terraform, workspace: Workspace, store: Any, content: bytes
) -> None:
    stored.init(workspace)
    store.put_object(Bucket="states", Key=LOCK_KEY, Body=content)
    with pytest.raises(StateLocked) as caught:
        plan(stored, workspace)
    assert caught.value.lock is None
    assert "studyctl recover dev" in caught.value.hint


@pytest.mark.parametrize("content", [b"<html>busy</html>", b'{"version": 4, "serial', b"\x00\xff", b'{"version": 99}'])
def test_f26_f28_a_state_that_cannot_be_read_is_not_a_new_environment(
    stored: Terraform, workspace: Workspace, store: Any, content: bytes
) -> None:
    stored.init(workspace)
    store.put_object(Bucket="states", Key=KEY, Body=content)
    with pytest.raises(PreflightFailed, match="state of dev cannot be read"):
        plan(stored, workspace)


def test_f49_a_missing_bucket_is_not_called_a_lock(stored: Terraform, workspace: Workspace, store: Any) -> None:
    stored.init(workspace)
    store.delete_bucket(Bucket="states")
    with pytest.raises(PreflightFailed, match="bucket for the state of dev does not exist"):
        plan(stored, workspace)
    with pytest.raises(PreflightFailed, match="bucket for the state of dev does not exist"):
        stored.init(workspace, force=True)


def test_f48_a_target_that_does_not_answer_is_said(
    environ: dict[str, str], stored: Terraform, workspace: Workspace, store: Any, connection: dict[str, str]
) -> None:
    settings = workspace.backend_config
    # only here: with a single attempt, one closed connection is an error
    settings.write_text(settings.read_text() + "max_retries = 1\n")
    stored.init(workspace)
    silent = Terraform.find(environ, connection={**connection, "AWS_ENDPOINT_URL": "http://127.0.0.1:1"})
    with pytest.raises(PreflightFailed, match="reached"):
        plan(silent, workspace)
