"""The role `smoke`: what it says of servers that are well, of servers that are not, and of those that are not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from qdrant_client import QdrantClient
from tests.support.servers.postgres import Database
from tests.support.servers.process import free_port
from tests.support.servers.qdrant import API_KEY, QdrantServer
from tests.support.servers.valkey import ValkeyServer

from studyctl.adapters.smoke.inside import read_results
from studyctl.domain.smoke.report import Health
from studyservices.__main__ import SMOKE_CHECKS, main
from studyservices.smoke.findings import Deadline, Wrong, always, find

KEY = "k" * 40


@pytest.fixture
def variables(migrated: Database, valkey: ValkeyServer, qdrant: QdrantServer) -> dict[str, str]:
    """What a task is told, with every server there is."""
    return {**migrated.variables(), **valkey.variables(), **qdrant.variables(), "SESSION_SIGNING_KEY": KEY}


def asked(capsys: pytest.CaptureFixture[str], variables: Mapping[str, str], *checks: str) -> list[dict[str, Any]]:
    """What it says of these checks, each line as the toolkit reads it."""
    arguments = [word for check in checks for word in ("--check", check)]
    exit_code = main(["smoke", *arguments], variables)
    lines = capsys.readouterr().out.splitlines()
    told = [json.loads(line) for line in lines]
    assert len(list(read_results(lines))) == len(lines), "the toolkit takes every line for a result"
    assert exit_code == (0 if all(each["health"] == "healthy" for each in told) else 1)
    return told


def healths(told: list[dict[str, Any]]) -> dict[str, str]:
    return {f"{each['probe']} {each['name']}": each["health"] for each in told}


def test_what_is_well_is_healthy_and_nothing_is_left_behind(
    capsys: pytest.CaptureFixture[str],
    variables: dict[str, str],
    migrated: Database,
    valkey: ValkeyServer,
    qdrant: QdrantServer,
) -> None:
    told = asked(capsys, variables, "database", "cache", "vectors")

    assert healths(told) == {"database primary": "healthy", "cache primary": "healthy", "vectors qdrant": "healthy"}
    with psycopg.connect(migrated.url) as connection:
        assert connection.execute("SELECT count(*) FROM notifications").fetchone() == (0,)
    assert valkey.client().keys("study:_smoke:*") == []
    collections = QdrantClient(url=qdrant.variables()["QDRANT_URL"], api_key=API_KEY, check_compatibility=False)
    assert [each.name for each in collections.get_collections().collections if each.name.startswith("_smoke")] == []
    collections.close()


@pytest.mark.parametrize(
    ("check", "change"),
    [
        ("database", {"DATABASE_PORT": "{port}"}),
        ("cache", {"REDIS_PORT": "{port}"}),
        ("vectors", {"QDRANT_URL": "http://127.0.0.1:{port}"}),
        ("end-to-end", {"SMOKE_BASE_URL": "http://127.0.0.1:{port}"}),
        ("end-to-end", {}),
    ],
)
def test_what_nobody_can_connect_to_is_unreachable(
    capsys: pytest.CaptureFixture[str], variables: dict[str, str], check: str, change: dict[str, str]
) -> None:
    nowhere = {name: value.format(port=free_port()) for name, value in change.items()}
    (finding,) = asked(capsys, {**variables, **nowhere}, check)

    assert (finding["probe"], finding["health"]) == (check, "unreachable")


@pytest.mark.parametrize(
    ("check", "change", "said"),
    [
        ("database", {"DATABASE_PASSWORD": "guessed", "DATABASE_USER": "nobody"}, ""),
        ("cache", {"REDIS_USER": "nobody", "REDIS_PASSWORD": "guessed"}, "refused"),
        ("vectors", {"QDRANT_API_KEY": "guessed"}, "401"),
        ("end-to-end", {"SESSION_SIGNING_KEY": "short"}, "SESSION_SIGNING_KEY"),
    ],
)
def test_what_answers_and_does_not_work_is_unhealthy(
    capsys: pytest.CaptureFixture[str], variables: dict[str, str], check: str, change: dict[str, str], said: str
) -> None:
    reached = {"SMOKE_BASE_URL": variables["QDRANT_URL"]}
    (finding,) = asked(capsys, {**variables, **reached, **change}, check)

    assert (finding["probe"], finding["health"]) == (check, "unhealthy")
    assert said in finding["detail"]


def test_a_database_that_was_not_migrated_is_unhealthy(
    capsys: pytest.CaptureFixture[str], variables: dict[str, str], postgres: Database
) -> None:
    (finding,) = asked(capsys, {**variables, **postgres.variables()}, "database")

    assert finding["health"] == "unhealthy"
    assert "it was not migrated" in finding["detail"]


def test_what_the_environment_does_not_describe_is_unhealthy_and_the_others_are_asked(
    capsys: pytest.CaptureFixture[str], valkey: ValkeyServer
) -> None:
    told = asked(capsys, valkey.variables(), "database", "cache")

    assert healths(told) == {"database all": "unhealthy", "cache primary": "healthy"}


def test_without_a_choice_everything_is_asked(capsys: pytest.CaptureFixture[str], variables: dict[str, str]) -> None:
    assert {each["probe"] for each in asked(capsys, variables)} == set(SMOKE_CHECKS)


def test_who_gives_no_answer_in_time_is_unhealthy(
    capsys: pytest.CaptureFixture[str], variables: dict[str, str], tmp_path: Path
) -> None:
    """The server takes connections and never says a word."""
    import socket  # noqa: PLC0415

    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        (finding,) = asked(capsys, {**variables, "REDIS_PORT": port, "SMOKE_DEADLINE_SECONDS": "0.5"}, "cache")

    assert (finding["health"], finding["name"]) == ("unhealthy", "all")
    assert "no answer within" in finding["detail"]


def test_what_cannot_be_cleaned_up_is_told_unless_something_else_is_wrong() -> None:
    from studyruntime.errors import Unavailable  # noqa: PLC0415

    def fail() -> None:
        raise Unavailable("it", "gone")

    def leaves_something() -> str:
        with always(fail):
            return "done"

    def is_wrong_and_leaves_something() -> str:
        with always(fail):
            raise Wrong("the search found nothing")

    assert "left behind" in find("p", "n", leaves_something).detail
    assert find("p", "n", is_wrong_and_leaves_something).detail == "the search found nothing"


def test_every_health_word_is_one_that_the_toolkit_knows() -> None:
    from studyservices.smoke.findings import Health as Told  # noqa: PLC0415

    lines = [json.dumps({"probe": "cache", "name": str(word), "health": word.value}) for word in Told]
    assert [result.health for result in read_results(lines)] == [Health.HEALTHY, Health.UNHEALTHY, Health.UNREACHABLE]


def test_a_deadline_is_never_less_than_over() -> None:
    assert Deadline(0.0).left_seconds == 0.0
