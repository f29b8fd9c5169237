"""Secrets from Secrets Manager, files and the environment; rotated while a process runs."""

from __future__ import annotations

import json
import threading
import uuid
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr
from tests.support.servers.moto import MotoServer
from tests.support.servers.process import free_port
from tests.support.servers.valkey import ElastiCacheServer

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import load_settings
from studyruntime.errors import AuthenticationRefused, ConfigurationError, SecretNotFound, Unavailable
from studyruntime.secrets import SecretsManager
from studyruntime.secrets.names import SecretName


class Clock:
    """Time that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Vault:
    """Secrets of one test in moto, and a manager that reads them."""

    def __init__(self, moto: MotoServer, clock: Clock) -> None:
        self.prefix = f"study-{uuid.uuid4().hex}/"
        self.client = moto.client("secretsmanager")
        self.variables = {
            "ENVIRONMENT": "cloud",
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": moto.url,
            "SECRETS_PREFIX": self.prefix,
            "SECRETS_MAX_AGE_SECONDS": "300",
        }
        self.manager = SecretsManager(load_settings(self.variables), environ={}, clock=clock)

    def create(self, name: str, value: str) -> str:
        return str(self.client.create_secret(Name=self.prefix + name, SecretString=value)["ARN"])

    def rotate(self, name: str, value: str) -> None:
        self.client.put_secret_value(SecretId=self.prefix + name, SecretString=value)


@pytest.fixture
def vault(moto: MotoServer, clock: Clock) -> Vault:
    return Vault(moto, clock)


def test_a_part_of_a_secret_and_a_whole_one(vault: Vault) -> None:
    vault.create("database", json.dumps({"username": "study", "password": "p", "port": 5432}))
    vault.create("session-signing", "key")
    assert vault.manager.get_secret("database/password") == "p"
    assert vault.manager.get_secret("database/port") == "5432"
    assert vault.manager.get_secret("session_signing") == "key"


def test_an_arn_goes_before_the_prefix_and_both_before_a_variable(vault: Vault) -> None:
    arn = vault.create("rds-chose-this-name", json.dumps({"password": "by arn"}))
    settings = load_settings({**vault.variables, "DATABASE_SECRET_ARN": arn})
    manager = SecretsManager(settings, environ={"DATABASE_PASSWORD": "old variable"})
    assert manager.get_secret("database/password") == "by arn"


def test_a_value_is_read_again_when_it_is_old(vault: Vault, clock: Clock) -> None:
    vault.create("session-signing", "first")
    assert vault.manager.get_secret("session-signing") == "first"
    vault.rotate("session-signing", "second")
    clock.seconds = 299
    assert vault.manager.get_secret("session-signing") == "first"
    clock.seconds = 300
    assert vault.manager.get_secret("session-signing") == "second"


def test_a_value_is_read_again_when_somebody_asks(vault: Vault) -> None:
    vault.create("one", "first")
    vault.create("two", "first")
    for name in ("one", "two"):
        assert vault.manager.get_secret(name) == "first"
        vault.rotate(name, "second")
    assert vault.manager.refresh("one") == "second"
    assert vault.manager.get_secret("two") == "first"
    vault.manager.invalidate("two")
    assert vault.manager.get_secret("two") == "second"
    vault.rotate("two", "third")
    vault.manager.invalidate()
    assert vault.manager.get_secret("two") == "third"


def test_many_threads_that_were_refused_alike_read_once(vault: Vault) -> None:
    vault.create("one", "first")
    assert vault.manager.get_secret("one") == "first"
    vault.rotate("one", "second")
    changes: list[str] = []
    vault.manager.watch("one", changes.append)
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(vault.manager.refresh("one", refused="first"))) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == ["second"] * 8
    assert changes == ["second"]


def test_watchers_hear_of_changes_until_they_end(vault: Vault) -> None:
    vault.create("one", "first")
    heard: list[str] = []
    end = vault.manager.watch("one", heard.append)
    vault.manager.get_secret("one")
    vault.manager.refresh("one")
    assert heard == []
    vault.rotate("one", "second")
    vault.manager.refresh("one")
    assert heard == ["second"]
    end()
    end()
    vault.rotate("one", "third")
    vault.manager.refresh("one")
    assert heard == ["second"]


def test_a_rotated_password_is_learnt_without_a_restart(vault: Vault, elasticache: ElastiCacheServer) -> None:
    settings = load_settings(elasticache.variables())

    def connect(password: str) -> str:
        changed = settings.require_broker().model_copy(update={"password": SecretStr(password)})
        broker = RedisStreamBroker(changed, settings.aws)
        try:
            broker.connect()
            return password
        finally:
            broker.close()

    vault.create("cache", json.dumps({"password": elasticache.password}))
    assert vault.manager.use("cache/password", connect) == elasticache.password
    vault.rotate("cache", json.dumps({"password": "rotated"}))
    elasticache.change_password("rotated")
    assert vault.manager.use("cache/password", connect) == "rotated"
    elasticache.change_password("of somebody else")
    with pytest.raises(AuthenticationRefused):
        vault.manager.use("cache/password", connect)


def test_what_is_not_there_says_how_to_put_it_there(vault: Vault) -> None:
    with pytest.raises(SecretNotFound, match="has no secret"):
        vault.manager.get_secret("nothing")
    with pytest.raises(SecretNotFound, match="DATABASE_SECRET_ARN"):
        SecretsManager(load_settings({}), environ={}).get_secret("database/password")


def test_errors_do_not_show_the_secret(vault: Vault) -> None:
    vault.create("text", "hidden")
    vault.create("parts", json.dumps({"other": "hidden"}))
    vault.create("list", json.dumps(["hidden"]))
    vault.client.create_secret(Name=vault.prefix + "binary", SecretBinary=b"hidden")
    for name in ("text/key", "parts/key", "list/key", "binary"):
        with pytest.raises(SecretNotFound) as raised:
            vault.manager.get_secret(name)
        assert "hidden" not in str(raised.value)


def test_an_old_value_is_better_than_none_while_nobody_answers(vault: Vault, clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_text("first\n")
    manager = SecretsManager(load_settings({"SECRETS_DIR": str(tmp_path)}), environ={}, clock=clock)
    assert manager.get_secret("one") == "first"
    file.write_bytes(b"second")
    clock.seconds = 10_000
    assert manager.get_secret("one") == "second"

    url = f"http://127.0.0.1:{free_port()}"
    away = SecretsManager(load_settings({**vault.variables, "AWS_ENDPOINT_URL": url}), environ={}, clock=clock)
    with pytest.raises(Unavailable, match="AWS Secrets Manager"):
        away.get_secret("one")


def test_the_last_value_stays_while_the_vault_is_away(clock: Clock, tmp_path: Path, moto: MotoServer) -> None:
    server = MotoServer(tmp_path)
    server.start()
    try:
        vault = Vault(server, clock)
        vault.create("one", "first")
        assert vault.manager.get_secret("one") == "first"
    finally:
        server.stop()
    clock.seconds = 10_000
    assert vault.manager.get_secret("one") == "first"
    with pytest.raises(Unavailable):
        vault.manager.refresh("one")


def test_files_hold_whole_secrets_or_parts_and_go_before_variables(tmp_path: Path) -> None:
    (tmp_path / "database").write_text(json.dumps({"password": "from a whole file"}))
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "password").write_text("from a part\n")
    environ = {"DATABASE_PASSWORD": "variable", "CACHE_PASSWORD": "variable", "SESSION_SIGNING_KEY": "variable"}
    manager = SecretsManager(load_settings({"SECRETS_DIR": str(tmp_path)}), environ=environ)
    assert manager.get_secret("database/password") == "from a whole file"
    assert manager.get_secret("cache/password") == "from a part"
    assert manager.get_secret("session-signing-key") == "variable"


@pytest.mark.parametrize("name", ["", "/", "a/", "../etc/passwd", "a/../b", "a/..", "A", "a/b/c", "a\n", "a b"])
def test_names_that_climb_or_wander_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(SecretNotFound, match="is no name of a secret"):
        SecretsManager(load_settings({"SECRETS_DIR": str(tmp_path)}), environ={}).get_secret(name)


@given(st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}(/[A-Za-z0-9][A-Za-z0-9_.-]{0,10})?", fullmatch=True))
def test_a_name_is_written_as_it_was_read(text: str) -> None:
    assert str(SecretName.parse(text)) == text


@given(st.dictionaries(st.from_regex(r"[a-z]{1,5}", fullmatch=True), st.text(), min_size=1))
def test_every_part_of_a_secret_can_be_picked(parts: dict[str, str]) -> None:
    document = json.dumps(parts)
    assert {key: SecretName("secret", key).pick(document) for key in parts} == parts
    assert SecretName("secret").pick(document) == document


def test_a_file_of_settings_may_say_where_values_are_kept(vault: Vault, moto: MotoServer, tmp_path: Path) -> None:
    database = vault.create("database", json.dumps({"username": "study", "password": "from the vault"}))
    signing = vault.create("signing", "a whole secret")
    parameter = f"/study/{uuid.uuid4().hex}"
    moto.client("ssm").put_parameter(Name=parameter, Value="by parameter", Type="SecureString")
    file = tmp_path / ".env.cloud"
    file.write_text(
        f"AWS_ENDPOINT_URL={moto.url}\nREDIS_HOST=cache\nDATABASE_HOST=db\nDATABASE_NAME=study\nDATABASE_USER=study\n"
        f"DATABASE_PASSWORD={database}:password::\nDATABASE_SECRET_ARN={database}\nSESSION_SIGNING_KEY={signing}\n"
        f"REDIS_PASSWORD=arn:aws:ssm:us-east-1:123456789012:parameter{parameter}\n"
    )
    settings = load_settings({"SETTINGS_FILE": str(file)})
    password, token = settings.require_database().password, settings.require_broker().password
    assert password is not None and password.get_secret_value() == "from the vault"
    assert token is not None and token.get_secret_value() == "by parameter"
    assert settings.require_session_signing_key().get_secret_value() == "a whole secret"
    assert settings.secrets.arns["database"] == database


def test_a_file_that_refers_to_nothing_names_every_variable(vault: Vault, moto: MotoServer, tmp_path: Path) -> None:
    plain = vault.create("plain", "no parts")
    file = tmp_path / ".env.cloud"
    missing = "arn:aws:secretsmanager:us-east-1:123456789012:secret:none-abcdef"
    file.write_text(
        f"AWS_ENDPOINT_URL={moto.url}\nSESSION_SIGNING_KEY={missing}\nREDIS_HOST=cache\nREDIS_PASSWORD={plain}:key::\n"
    )
    with pytest.raises(ConfigurationError) as caught:
        load_settings({"SETTINGS_FILE": str(file)})
    assert [problem.split()[0] for problem in caught.value.problems] == ["SESSION_SIGNING_KEY", "REDIS_PASSWORD"]
    assert "no parts" not in str(caught.value)
