"""`studyctl local` and `env export` in a copy of the checkout, against everything that they start."""

from __future__ import annotations

import json
import os
import signal
import stat
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psycopg
import pytest
import redis
from botocore.config import Config
from dotenv import dotenv_values
from qdrant_client import QdrantClient
from tests.support.checkout import Checkout
from tests.support.command_line import CommandLine
from tests.support.debian_tools import find_tool
from tests.support.until import until

from studyctl.adapters.local import http_probe, services
from studyctl.adapters.local.errors import ProgramMissing
from studyctl.adapters.local.process_table import identify
from studyctl.adapters.monitoring_files import read_watch

MONITORS = ("alertmanager", "prometheus")
SERVERS = ("cache", "database", "vector_database", "object_store", "balancer")
ONLY_SERVERS = tuple(word for name in SERVERS for word in ("--only", name))
DEADLINE_SECONDS = 30.0


@dataclass(frozen=True)
class Machine:
    """A checkout and its command line."""

    folder: Path
    studyctl: CommandLine

    def places(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """What a command says of each part."""
        finished = self.studyctl("local", *arguments, "--json").must(0)
        return {place["name"]: place for place in finished.document}

    def settings(self, name: str = ".env.local") -> dict[str, str]:
        return {key: value or "" for key, value in dotenv_values(self.folder / name, interpolate=False).items()}


@pytest.fixture(scope="module")
def machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """Whose servers run. What a test stops it starts again."""
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout") / "with a space")
    studyctl = CommandLine(checkout.folder)
    studyctl("local", "up", *ONLY_SERVERS).must(0)
    yield Machine(checkout.folder, studyctl)
    studyctl("local", "down", "--erase").must(0)


def test_servers_run_are_found_again_and_stopped(machine: Machine) -> None:
    first = machine.places("up", *ONLY_SERVERS)
    assert set(first) == set(SERVERS)
    assert {place["state"] for place in first.values()} == {"running"}
    assert machine.places("up", *ONLY_SERVERS) == first, "nothing changed, so nothing was started anew"
    status = machine.places("status")
    assert {name: status[name] for name in SERVERS} == first
    assert {place["state"] for name, place in status.items() if name not in SERVERS} == {"stopped"}

    stopped = machine.studyctl("local", "down", "--json").must(0).document
    assert set(stopped["stopped"]) == set(SERVERS)
    assert {place["state"] for place in machine.places("status").values()} == {"stopped"}
    assert all(identify(place["pid"]) is None for place in first.values())
    assert machine.studyctl("local", "down").must(0).stdout == "Nothing was running\n"

    again = machine.places("up", *ONLY_SERVERS)
    assert {name: place["url"] for name, place in again.items()} == {name: p["url"] for name, p in first.items()}


def test_one_that_was_killed_is_seen_and_started_again(machine: Machine) -> None:
    before = machine.places("status", "--only", "cache")["cache"]
    os.kill(before["pid"], signal.SIGKILL)
    deadline = time.monotonic() + DEADLINE_SECONDS
    while identify(before["pid"]) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.01)

    assert machine.places("status", "--only", "cache")["cache"]["state"] == "died"
    after = machine.places("up", "--only", "cache")["cache"]
    assert (after["state"], after["url"]) == ("running", before["url"])


def test_prometheus_and_alertmanager_are_extras_that_know_the_alerts_and_stop(machine: Machine) -> None:
    find_tool("prometheus", package="prometheus")
    find_tool("prometheus-alertmanager", package="prometheus-alertmanager")
    started = machine.places("up", "--only", "prometheus")
    assert {name: place["state"] for name, place in started.items()} == dict.fromkeys(MONITORS, "running")
    assert machine.places("up", "--only", "prometheus") == started, "nothing changed, so nothing was started anew"

    port = int(started["prometheus"]["url"].rsplit(":", 1)[1])
    groups = json.loads(http_probe.ask(port, "/api/v1/rules").body)["data"]["groups"]
    alerts = {alert.name for alert in read_watch(machine.folder).alerts if alert.prometheus is not None}
    assert alerts <= {rule["name"] for group in groups for rule in group["rules"]}

    def told() -> Any:
        return json.loads(http_probe.ask(port, "/api/v1/alertmanagers").body)["data"]["activeAlertmanagers"]

    found = until(told, "Prometheus to find Alertmanager")
    assert [each["url"] for each in found] == [f"{started['alertmanager']['url']}/api/v2/alerts"]

    only = tuple(word for name in MONITORS for word in ("--only", name))
    stopped = machine.studyctl("local", "down", *only, "--json").must(0).document
    assert set(stopped["stopped"]) == set(MONITORS)
    assert {place["state"] for place in machine.places("status", *only).values()} == {"stopped"}
    assert [identify(place["pid"]) for place in started.values()] == [None, None]


def test_logs_are_of_the_part_that_is_named(machine: Machine) -> None:
    shown = machine.studyctl("local", "logs", "--only", "database", "-n", "3").must(0).stdout
    lines = shown.splitlines()
    assert len(lines) == 3
    assert all(line.startswith("database | ") for line in lines)
    assert "ready to accept connections" in machine.studyctl("local", "logs", "--only", "database").stdout
    tails = machine.studyctl("local", "logs", "--json").must(0).document
    assert tails["api"] == []


def test_an_unknown_part_is_refused_with_the_nearest_name(machine: Machine) -> None:
    finished = machine.studyctl("local", "up", "--only", "cahce").must(64)
    assert "Did you mean cache?" in finished.stderr


def test_no_secret_is_printed_or_readable_by_others(machine: Machine) -> None:
    secrets = json.loads((machine.folder / ".build" / "local" / "secrets.json").read_text())
    printed = machine.studyctl("local", "status", "--json").stdout + machine.studyctl("local", "logs").stdout
    exported = machine.studyctl("env", "export", "dev", "--local", "--json").must(0)
    assert not [name for name, value in secrets.items() if value in printed + exported.stdout + exported.stderr]
    folder = machine.folder / ".build" / "local"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    files = [path for path in folder.rglob("*") if path.is_file()]
    holding = [path for path in files if any(value.encode() in path.read_bytes() for value in secrets.values())]
    assert folder / "secrets.json" in holding
    for path in [*holding, machine.folder / ".env.local"]:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path


def test_the_exported_settings_lead_to_every_server(machine: Machine) -> None:
    machine.studyctl("env", "export", "staging", "--local").must(0)
    told = machine.settings()

    assert (told["ENVIRONMENT"], told["DEPLOYMENT_ENVIRONMENT"]) == ("local", "staging")
    cache = redis.Redis(
        host=told["REDIS_HOST"],
        port=int(told["REDIS_PORT"]),
        username=told["REDIS_USER"],
        password=told["REDIS_PASSWORD"],
    )
    assert cache.ping()
    with psycopg.connect(
        host=told["DATABASE_HOST"],
        port=int(told["DATABASE_PORT"]),
        dbname=told["DATABASE_NAME"],
        user=told["DATABASE_USER"],
        password=told["DATABASE_PASSWORD"],
        sslmode=told["DATABASE_TLS"],
    ) as database:
        assert database.execute("SELECT 1").fetchone() == (1,)
    with pytest.warns(UserWarning, match="insecure connection"):
        vectors = QdrantClient(url=told["QDRANT_URL"], api_key=told["QDRANT_API_KEY"])
    assert vectors.get_collections() is not None
    vectors.close()
    store = boto3.client(
        "s3",
        endpoint_url=told["STORAGE_ENDPOINT_URL"],
        region_name=told["AWS_REGION"],
        aws_access_key_id=told["STORAGE_ACCESS_KEY"],
        aws_secret_access_key=told["STORAGE_SECRET_KEY"],
        config=Config(retries={"total_max_attempts": 1}),
    )
    buckets = {bucket["Name"] for bucket in store.list_buckets()["Buckets"]}
    assert {told["UPLOADS_BUCKET"], told["PROCESSED_BUCKET"], told["LOGS_BUCKET"]} <= buckets


def test_the_file_can_be_elsewhere(machine: Machine, tmp_path: Path) -> None:
    out = tmp_path / "settings" / "mine.env"
    finished = machine.studyctl("env", "export", "dev", "--local", "--out", str(out), "--json").must(0)
    assert finished.document["file"] == str(out)
    assert set(finished.document["settings"]) == set(dotenv_values(out))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_settings_of_servers_that_never_ran_cannot_be_exported(tmp_path: Path) -> None:
    checkout = Checkout.copy(tmp_path)
    finished = CommandLine(checkout.folder)("env", "export", "dev", "--local").must(4)
    assert "studyctl local up" in finished.stderr
    assert not (tmp_path / ".env.local").exists()


def test_an_environment_that_is_not_deployed_has_no_settings(machine: Machine) -> None:
    finished = machine.studyctl("env", "export", "dev").must(4)
    assert "studyctl deploy dev" in finished.stderr
    assert machine.studyctl("env", "export", "dev", "--service", "apy").must(64)


def test_settings_of_a_deployed_environment_come_from_its_task_definition(machine: Machine) -> None:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret:db-AbCdEf:password::"
    url = machine.studyctl("emulator", "up", "--json").must(0).document["url"]
    try:
        client = _client_factory(url)
        client("ecs").register_task_definition(
            family="study-dev-api",
            containerDefinitions=[
                {
                    "name": "app",
                    "image": "app",
                    "memory": 128,
                    "environment": [{"name": "ENVIRONMENT", "value": "cloud"}, {"name": "REDIS_HOST", "value": "c"}],
                    "secrets": [{"name": "DATABASE_PASSWORD", "valueFrom": arn}],
                }
            ],
        )
        _write_state(client("s3"), {"cluster": {"name": "c"}, "services": _services("study-dev-api")})

        machine.studyctl("env", "export", "dev").must(0)
        assert machine.settings(".env.cloud") == {
            "DATABASE_PASSWORD": arn,
            "ENVIRONMENT": "cloud",
            "REDIS_HOST": "c",
        }
        machine.studyctl("env", "export", "dev", "--service", "quiz").must(64)
    finally:
        machine.studyctl("emulator", "down").must(0)


def test_missing_packages_of_the_services_are_named_with_their_installation(monkeypatch: pytest.MonkeyPatch) -> None:
    services.require_services()
    monkeypatch.setattr(services, "REQUIRED", ("studyservices", "no_such_package", "nor_this_one"))
    with pytest.raises(ProgramMissing) as caught:
        services.require_services()
    assert "no_such_package, nor_this_one are not installed" in caught.value.what
    assert "pip install 'studyctl[local,services]'" in caught.value.hint


def _client_factory(url: str) -> Any:
    def make(service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=url,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106  the emulator checks no signature
        )

    return make


def _services(family: str) -> dict[str, Any]:
    return {"api": {"task_definition_family": family}, "quiz": {"task_definition_family": "never-registered"}}


def _write_state(store: Any, platform: dict[str, Any]) -> None:
    """As terraform leaves it."""
    bucket = "study-state-123456789012-us-east-1"
    store.create_bucket(Bucket=bucket)
    state = {
        "version": 4,
        "terraform_version": "1.11.0",
        "serial": 1,
        "lineage": "l",
        "outputs": {"platform": {"value": platform}},
        "resources": [],
    }
    store.put_object(Bucket=bucket, Key="environments/dev/platform.tfstate", Body=json.dumps(state).encode())


def test_the_balancer_answers_and_has_nobody_to_ask(machine: Machine) -> None:
    url = machine.places("status", "--only", "balancer")["balancer"]["url"]
    port = int(url.rsplit(":", 1)[1])
    assert http_probe.ask(port, "/api/documents").status == 404
