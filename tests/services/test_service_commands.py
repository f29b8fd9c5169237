"""The command line of the image: what it writes, and the exit code that says whose turn it is."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest
from tests.support.servers.postgres import Database

from studyservices.__main__ import EXIT_CONFIGURATION, EXIT_FAILED, EXIT_TRY_AGAIN, SERVICES, main
from studyservices.migrations import head_revision
from studyservices.tokens import Audience, TokenSigner

KEY = "k" * 40


def test_a_token_is_one_of_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["token", "user-1", "--seconds", "60"], {"SESSION_SIGNING_KEY": KEY}) == 0

    assert TokenSigner(KEY).verify(capsys.readouterr().out.strip(), Audience.API).user_id == "user-1"


@pytest.mark.parametrize(
    ("arguments", "environ", "exit_code", "said"),
    [
        (["token", "user-1"], {}, EXIT_CONFIGURATION, "SESSION_SIGNING_KEY"),
        (["token", "user-1"], {"SESSION_SIGNING_KEY": "short"}, EXIT_CONFIGURATION, "token_urlsafe"),
        (["token", "../etc"], {"SESSION_SIGNING_KEY": KEY}, EXIT_FAILED, "no user id"),
        (["migrate"], {}, EXIT_CONFIGURATION, "DATABASE_HOST"),
        (["api"], {"PORT": "http", "LOG_LEVEL": "loud"}, EXIT_CONFIGURATION, "LOG_LEVEL"),
        (["api"], {"MAX_UPLOAD_BYTES": "many"}, EXIT_CONFIGURATION, "MAX_UPLOAD_BYTES"),
        (["quiz"], {"STUDY_FAULT": "crash_at_start"}, 70, "on purpose"),
        (["quiz"], {"STUDY_FAULT": "boom"}, EXIT_CONFIGURATION, "5xx=RATE"),
    ],
)
def test_what_cannot_run_says_why(
    capsys: pytest.CaptureFixture[str], arguments: Sequence[str], environ: dict[str, str], exit_code: int, said: str
) -> None:
    assert main(arguments, environ) == exit_code
    assert said in capsys.readouterr().err


def test_every_service_is_a_role_and_the_platforms_name_for_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    for role in [*SERVICES, "outbox_relay"]:
        assert main([role], {"STUDY_FAULT": "crash_at_start"}) == 70
    with pytest.raises(SystemExit):
        main(["unknown"], {})


def test_migrations_are_listed_with_their_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrate", "--list"], {}) == 0

    listed = json.loads(capsys.readouterr().out)
    assert [each["id"] for each in listed][:2] == ["0001", "0002"]
    assert {each["kind"] for each in listed} <= {"expand", "backfill", "contract"}


def test_a_database_is_migrated_and_says_so(capsys: pytest.CaptureFixture[str], postgres: Database) -> None:
    head = head_revision()

    def lines(*arguments: str) -> str:
        assert main(["migrate", *arguments], postgres.variables()) == 0
        return capsys.readouterr().out.strip()

    assert lines("--current") == "base"
    assert lines() == f"base -> {head}"
    assert lines() == f"{head} -> {head}"
    assert lines("--current") == head
    assert lines("--to", "base") == f"{head} -> base"


def test_a_database_that_does_not_answer_is_worth_another_try(capsys: pytest.CaptureFixture[str]) -> None:
    nowhere = {"DATABASE_HOST": "127.0.0.1", "DATABASE_PORT": "1", "DATABASE_NAME": "d", "DATABASE_USER": "u"}

    assert main(["migrate"], {**nowhere, "DATABASE_PASSWORD": "p"}) == EXIT_TRY_AGAIN
    assert "database is unavailable" in capsys.readouterr().err
