"""Tokens in place of passwords: what they say, that AWS would accept them, and that they are renewed in time."""

from __future__ import annotations

import datetime
import hashlib
import hmac
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from tests.support.servers.valkey import ElastiCacheServer

from studyruntime.broker.connection import RedisConnection, credentials_for
from studyruntime.broker.iam import RENEWAL_SECONDS, ElastiCacheTokens
from studyruntime.config import AwsSettings, load_settings
from studyruntime.errors import AuthenticationRefused

USER = "study-cache-client"
CACHE = "study-prod-cache"
REGION = "eu-central-1"
CLOUD = {
    "ENVIRONMENT": "cloud",
    "AWS_REGION": REGION,
    "MESSAGE_BROKER_TYPE": "elasticache",
    "REDIS_HOST": f"master.{CACHE}.abc123.euc1.cache.amazonaws.com",
    "REDIS_USER": USER,
}


class Time:
    """A clock that a test sets, for us and for botocore."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seconds = 0.0
        monkeypatch.setattr("botocore.auth.get_current_datetime", self.date)

    def date(self, remove_tzinfo: bool = True) -> datetime.datetime:
        return datetime.datetime(2026, 11, 22, 12) + datetime.timedelta(seconds=self.seconds)

    def monotonic(self) -> float:
        return self.seconds


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    return Time(monkeypatch)


@pytest.fixture(autouse=True)
def _role(monkeypatch: pytest.MonkeyPatch) -> None:
    assume_role(monkeypatch, "first")


def assume_role(monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", secret)
    monkeypatch.setenv("AWS_SESSION_TOKEN", "session/token+")


def signature_of(token: str, secret: str) -> str:
    """Signature Version 4 of a presigned GET, from its specification: IAM User Guide, 'Create a signed request'."""
    url = urlsplit("https://" + token)
    values = dict(parse_qsl(url.query))
    signed = {name: value for name, value in values.items() if name != "X-Amz-Signature"}
    query = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in sorted(signed.items())
    )
    empty = hashlib.sha256(b"").hexdigest()
    canonical = "\n".join(["GET", "/", query, f"host:{url.netloc}", "", "host", empty])
    scope = values["X-Amz-Credential"].split("/", 1)[1]
    to_sign = "\n".join(
        ["AWS4-HMAC-SHA256", values["X-Amz-Date"], scope, hashlib.sha256(canonical.encode()).hexdigest()]
    )
    key = b"AWS4" + secret.encode()
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return hmac.new(key, to_sign.encode(), hashlib.sha256).hexdigest()


def test_settings_without_a_password_sign_in_by_iam() -> None:
    settings = load_settings(CLOUD)
    provider = credentials_for(settings.require_broker(), settings.aws)
    assert isinstance(provider, ElastiCacheTokens)
    user, token = provider.get_credentials()
    assert user == USER
    assert token.startswith(f"{CACHE}/?Action=connect&User={USER}&X-Amz-Algorithm=AWS4-HMAC-SHA256")


def test_a_password_goes_before_iam() -> None:
    settings = load_settings({**CLOUD, "REDIS_PASSWORD": "given"})
    provider = credentials_for(settings.require_broker(), settings.aws)
    assert provider is not None
    assert provider.get_credentials() == (USER, "given")
    assert credentials_for(load_settings({"REDIS_HOST": "localhost"}).require_broker(), AwsSettings()) is None


def test_a_token_is_signed_as_aws_would(time: Time) -> None:
    _, token = ElastiCacheTokens(USER, CACHE, REGION).get_credentials()
    values = dict(parse_qsl(urlsplit("https://" + token).query))
    assert values["X-Amz-Credential"] == f"AKIDEXAMPLE/20261122/{REGION}/elasticache/aws4_request"
    assert values["X-Amz-Expires"] == "900"
    assert values["X-Amz-Security-Token"] == "session/token+"
    assert values["X-Amz-Signature"] == signature_of(token, "first")
    assert values["X-Amz-Signature"] != signature_of(token, "second")


def test_a_token_is_used_again_until_it_is_old(time: Time) -> None:
    tokens = ElastiCacheTokens(USER, CACHE, REGION, clock=time.monotonic)
    first = tokens.get_credentials()
    time.seconds = RENEWAL_SECONDS - 1
    assert tokens.get_credentials() == first
    time.seconds = RENEWAL_SECONDS
    assert tokens.get_credentials() != first


def test_without_a_role_the_error_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(AuthenticationRefused, match="no AWS credentials"):
        ElastiCacheTokens(USER, CACHE, REGION).get_credentials()


def test_the_connection_outlives_its_token_and_its_role(
    time: Time, elasticache: ElastiCacheServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def expected_token() -> str:
        return ElastiCacheTokens(USER, CACHE, REGION).get_credentials()[1]

    settings = load_settings(elasticache.variables()).require_broker()
    tokens = ElastiCacheTokens(elasticache.user, CACHE, REGION, clock=time.monotonic)
    connection = RedisConnection(settings, tokens)
    elasticache.change_password(expected_token())
    assert connection.run(lambda client: client.ping())

    time.seconds = 12 * 3600  # ElastiCache ends connections of IAM users after 12 hours
    elasticache.change_password(expected_token())
    assert connection.run(lambda client: client.ping())

    assume_role(monkeypatch, "second")  # the token in hand is young, and worthless from now on
    elasticache.change_password(expected_token())
    assert connection.run(lambda client: client.ping())

    elasticache.change_password("of somebody else")
    with pytest.raises(AuthenticationRefused):
        connection.run(lambda client: client.ping())
    connection.close()
