"""Clients for one connection, with bounded retries and time-outs."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from typing import Any

import boto3
from botocore.config import Config

from studyctl.domain.target import Connection

CONFIG = Config(
    connect_timeout=5,
    read_timeout=20,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,  # one client serves all threads that ask at once
)


class AwsSession:
    """Makes clients for the account and region of one connection, each once: making one costs more than what most are
    asked. Clients may be used from several threads, and so may this.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        variables = _keys_of(connection)
        self._session = boto3.session.Session(
            aws_access_key_id=variables.get("AWS_ACCESS_KEY_ID"),
            aws_secret_access_key=variables.get("AWS_SECRET_ACCESS_KEY"),
            aws_session_token=variables.get("AWS_SESSION_TOKEN"),
            region_name=connection.region,
            profile_name=connection.profile,
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()  # boto3's sessions are not thread-safe

    def client(self, service: str, *, region: str | None = None) -> Any:
        """A client for `service` in the connection's region, or in another one of the same account."""
        key = (service, region or self._connection.region)
        with self._making:
            if key not in self._clients:
                self._clients[key] = self._session.client(
                    service, region_name=key[1], endpoint_url=self._connection.endpoint_url, config=CONFIG
                )
            return self._clients[key]


def _keys_of(connection: Connection) -> Mapping[str, str]:
    """The connection's keys, else those that stand in the environment; none: boto3 looks where else they may be.

    boto3 would find the latter too. But where `AWS_CREDENTIAL_EXPIRATION` is over it raises an error that tells nobody
    what to do, and AWS itself says that they have expired.
    """
    if connection.profile or "AWS_ACCESS_KEY_ID" in connection.variables:
        return connection.variables
    return os.environ if {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"} <= os.environ.keys() else {}
