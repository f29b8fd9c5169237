"""The platform on one machine, whole: a document goes through every part of it, started by one command."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.support.checkout import REPOSITORY, Checkout
from tests.support.command_line import CommandLine

from studyctl.adapters.local import http_probe, record
from studyctl.adapters.local.services import METRICS
from studyctl.adapters.monitoring_files import read_watch
from studyctl.domain.local.parts import ALERTMANAGER, PARTS, PROMETHEUS, Stage

DEADLINE_SECONDS = 180.0
OF_PROMETHEUS = {"up"}
SELDOM = {
    "study_breaker_open": "no dependency has failed",
    "study_jobs_done_total": "nothing is old enough to be tidied up",
    "study_rate_limited_total": "nobody has asked too often",
    "study_replica_lag_seconds": "there is no replica",
}
"""What a platform that just works has no value of, and why."""
TEXT = "Mitochondria turn sugar into energy. Chloroplasts turn light into sugar. Ribosomes make proteins.\n" * 8


@dataclass(frozen=True)
class Platform:
    """Everything that runs, by its name."""

    folder: Path
    studyctl: CommandLine
    places: dict[str, dict[str, Any]]

    def port_of(self, name: str) -> int:
        return int(self.places[name]["url"].rsplit(":", 1)[1])


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    checkout = Checkout.copy(tmp_path_factory.mktemp("checkout"))
    studyctl = CommandLine(checkout.folder)
    try:
        places = studyctl("local", "up", "--json").must(0).document
        yield Platform(checkout.folder, studyctl, {place["name"]: place for place in places})
    finally:
        studyctl("local", "down", "--erase").must(0)


def test_every_part_runs_and_the_balancer_leads_to_the_services(platform: Platform) -> None:
    assert set(platform.places) == set(PARTS)
    assert {place["state"] for place in platform.places.values()} == {"running"}
    for path in ("/health", "/health/ready", "/version"):
        assert http_probe.ask(platform.port_of("balancer"), path).status == 200, path
    assert http_probe.ask(platform.port_of("balancer"), "/notifications").status == 401
    assert http_probe.ask(platform.port_of("balancer"), "/nowhere").status == 404


def test_a_document_goes_through_every_service(platform: Platform) -> None:
    token = _token(platform)
    uploaded = _call(platform, "POST", "/api/documents", token, _multipart(TEXT))
    document = uploaded["id"]

    deadline = time.monotonic() + DEADLINE_SECONDS
    while (found := _call(platform, "GET", f"/api/documents/{document}", token)["document"])["status"] != "indexed":
        assert found["status"] != "failed", found
        assert time.monotonic() < deadline, found
        time.sleep(0.1)


def test_everything_that_is_drawn_or_alarmed_is_scraped_from_a_service(platform: Platform) -> None:
    """Runs after a document went through: what only work makes is there."""
    watch = read_watch(REPOSITORY)
    named = frozenset[str]().union(
        *(alert.prometheus.metrics for alert in watch.alerts if alert.prometheus is not None),
        *(panel.metrics for dashboard in watch.dashboards for panel in dashboard.panels),
    )
    deadline = time.monotonic() + DEADLINE_SECONDS
    while missing := named - OF_PROMETHEUS - SELDOM.keys() - (scraped := _samples(platform)):
        assert time.monotonic() < deadline, f"no service reports {sorted(missing)}"
        time.sleep(0.5)
    assert set(SELDOM) <= named
    assert SELDOM.keys() - scraped - _declared(platform) == set(), "not even known to a service"


def test_starting_again_leaves_everything_as_it_is(platform: Platform) -> None:
    again = platform.studyctl("local", "up", "--json").must(0).document
    assert {place["name"]: place["pid"] for place in again} == {
        name: place["pid"] for name, place in platform.places.items()
    }


def test_a_service_can_be_stopped_and_started_alone(platform: Platform) -> None:
    services = [part.name for part in PARTS.values() if part.stage is Stage.SERVICES]
    assert "quiz" in services
    platform.studyctl("local", "down", "--only", "quiz").must(0)
    states = platform.studyctl("local", "status", "--json").document
    stopped = {place["name"] for place in states if place["state"] == "stopped"}
    assert stopped & platform.places.keys() == {"quiz"}
    assert stopped - platform.places.keys() == {ALERTMANAGER, PROMETHEUS}, "which nobody asked for"
    [back] = [
        place
        for place in platform.studyctl("local", "up", "--only", "quiz", "--json").must(0).document
        if place["name"] == "quiz"
    ]
    assert back["url"] == platform.places["quiz"]["url"]


def _exposition(platform: Platform) -> Iterator[str]:
    """Every line of every service's /metrics."""
    for part in PARTS.values():
        if part.stage is Stage.SERVICES:
            known = record.read(platform.folder / ".build" / "local" / part.name)
            assert known is not None
            yield from http_probe.ask(known.ports[METRICS], "/metrics").body.decode().splitlines()


def _samples(platform: Platform) -> set[str]:
    return {line.partition(" ")[0].partition("{")[0] for line in _exposition(platform) if not line.startswith("#")}


def _declared(platform: Platform) -> set[str]:
    return {line.split()[2] for line in _exposition(platform) if line.startswith("# TYPE")}


def _token(platform: Platform) -> str:
    platform.studyctl("env", "export", "dev", "--local").must(0)
    done = subprocess.run(
        [sys.executable, "-m", "studyservices", "token", "anna"],
        env={"PATH": os.environ["PATH"], "SETTINGS_FILE": str(platform.folder / ".env.local")},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


def _multipart(text: str) -> tuple[str, bytes]:
    boundary = uuid.uuid4().hex
    head = 'Content-Disposition: form-data; name="file"; filename="cells.txt"\r\nContent-Type: text/plain'
    body = f"--{boundary}\r\n{head}\r\n\r\n{text}\r\n--{boundary}--\r\n"
    return f"multipart/form-data; boundary={boundary}", body.encode()


def _call(platform: Platform, method: str, path: str, token: str, body: tuple[str, bytes] | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"}
    if body is not None:
        headers["Content-Type"] = body[0]
    connection = http.client.HTTPConnection("127.0.0.1", platform.port_of("balancer"), timeout=DEADLINE_SECONDS)
    with closing(connection):
        connection.request(method, path, body=body[1] if body else None, headers=headers)
        response = connection.getresponse()
        content = response.read()
        assert response.status in (200, 202), content
        return json.loads(content)
