"""Databases and caches of the account: tasks reach real servers under the names that terraform gave them."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import ssl
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
from psycopg.conninfo import make_conninfo
from tests.emulator.ecs_agent.fleet import Fleet
from tests.emulator.ecs_agent.test_tasks import SAY_ALL, ended, python, run, said
from tests.support.until import until

from studyctl.adapters.emulator.ecs_agent.addresses import read_addresses
from studyctl.adapters.emulator.ecs_agent.substitution import Kind, StandIn, endpoints_of, substituted
from studyctl.adapters.local import record
from studyctl.adapters.local.process_table import is_alive
from studyctl.adapters.local.program import MAIN

DATABASE = StandIn(Kind.DATABASE, "db", "db.rds.amazonaws.com", 5432, "127.0.0.1", 20001, "/ca.pem")
REPLICA = StandIn(Kind.DATABASE, "db", "replica.rds.amazonaws.com", 5432, "127.0.0.1", 20001, "/ca.pem")
CACHE = StandIn(Kind.CACHE, "study-cache", "master.cache.amazonaws.com", 6379, "127.0.0.1", 20002, "/ca.pem")
READER = StandIn(Kind.CACHE, "study-cache", "replica.cache.amazonaws.com", 6379, "127.0.0.1", 20002, "/ca.pem")
VECTOR = StandIn(Kind.VECTOR_DATABASE, "vector", "vector-db.study.internal", 6333, "127.0.0.1", 20003, "/ca.pem")
PASSWORD = "chosen-by-terraform"  # noqa: S105 - of databases that live for a test
ALL = (DATABASE, REPLICA, CACHE, READER, VECTOR)


@pytest.mark.parametrize(
    ("before", "changes"),
    [
        ({"LEVEL": "debug", "URL": "https://example.com/db.rds.amazonaws.com"}, {}),
        (
            {"DATABASE_HOST": DATABASE.host, "DATABASE_PORT": "5432"},
            {
                "DATABASE_HOST": "127.0.0.1",
                "DATABASE_PORT": "20001",
                "DATABASE_CA_FILE": "/ca.pem",
                "PGSSLROOTCERT": "/ca.pem",
            },
        ),
        (
            {"DATABASE_REPLICA_HOSTS": f"{REPLICA.host}, elsewhere:1,{REPLICA.host}:5432"},
            {"DATABASE_REPLICA_HOSTS": "127.0.0.1:20001, elsewhere:1,127.0.0.1:20001"},
        ),
        ({"DATABASE_REPLICA_HOSTS": ""}, {}),
        (
            {"REDIS_HOST": CACHE.host, "REDIS_READER_HOST": READER.host, "REDIS_PORT": "6379"},
            {
                "REDIS_HOST": "127.0.0.1",
                "REDIS_READER_HOST": "127.0.0.1",
                "REDIS_PORT": "20002",
                "REDIS_CA_FILE": "/ca.pem",
                "REDIS_CACHE_NAME": "study-cache",
            },
        ),
        (
            {"QDRANT_URL": f"https://{VECTOR.host}:6333/collections"},
            {"QDRANT_URL": "https://127.0.0.1:20003/collections", "QDRANT_CA_FILE": "/ca.pem"},
        ),
        ({"LONELY_HOST": CACHE.host}, {"LONELY_HOST": "127.0.0.1", "LONELY_PORT": "20002"}),
    ],
)
def test_only_endpoints_of_the_account_are_replaced(before: dict[str, str], changes: dict[str, str]) -> None:
    after = substituted(before, ALL)

    assert {**before, **changes}.items() <= after.items()
    assert set(after) - set(before) - set(changes) <= {"LONELY_CA_FILE", "LONELY_CACHE_NAME"}
    assert substituted(before, ()) == before


def test_only_servers_that_are_named_are_started() -> None:
    hosts = tuple(each.host for each in ALL)

    assert endpoints_of({"A_HOST": CACHE.host, "B_URL": f"https://{VECTOR.host}/"}, hosts) == {CACHE.host, VECTOR.host}
    assert endpoints_of({"B_HOSTS": f"x,{REPLICA.host}:1", "C": f"text about {DATABASE.host}"}, hosts) == {REPLICA.host}


def environment(fleet: Fleet, family: str, **given: str) -> dict[str, str]:
    """What a task with this environment sees in the end."""
    pairs = [{"name": name, "value": value} for name, value in given.items()]
    task = ended(fleet, run(fleet, python(fleet, family, SAY_ALL, environment=pairs)))
    assert task["containers"][0].get("exitCode") == 0, task["stoppedReason"]
    [line] = until(lambda: said(fleet, family, task["taskArn"]), "its words")
    seen: dict[str, str] = json.loads(line)
    return seen


def postgres(fleet: Fleet, name: str, **given: Any) -> dict[str, Any]:
    """Make a PostgreSQL instance as the database module does, and return how RDS describes it."""
    described: dict[str, Any] = fleet.client("rds").create_db_instance(
        DBInstanceIdentifier=name,
        Engine="postgres",
        EngineVersion="16.4",
        DBInstanceClass="db.t4g.micro",
        AllocatedStorage=20,
        MasterUsername="study",
        DBName="study",
        **given,
    )["DBInstance"]
    return described


def test_the_database_is_a_real_one_with_the_password_of_its_secret_and_tls(fleet: Fleet) -> None:
    created = postgres(fleet, "fleet", ManageMasterUserPassword=True)
    secret = fleet.client("secretsmanager").get_secret_value(SecretId=created["MasterUserSecret"]["SecretArn"])
    password = json.loads(secret["SecretString"])["password"]
    host = created["Endpoint"]["Address"]
    seen = environment(fleet, "with-database", DATABASE_HOST=host, DATABASE_PORT="5432")
    connection = make_conninfo(
        host=seen["DATABASE_HOST"],
        port=seen["DATABASE_PORT"],
        dbname="study",
        user="study",
        sslmode="verify-full",
        sslrootcert=seen["DATABASE_CA_FILE"],
    )
    with psycopg.connect(connection, password=password) as database:
        row = database.execute("select current_user, ssl from pg_stat_ssl where pid = pg_backend_pid()").fetchone()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(connection, password="guessed")  # noqa: S106 - that is the point

    assert row == ("study", True)
    found = read_addresses(fleet.state_dir).find(host)
    assert found is not None
    assert str(found.local_port) == seen["DATABASE_PORT"]
    assert (
        environment(fleet, "with-database", DATABASE_HOST=host, DATABASE_PORT="5432")["DATABASE_PORT"]
        == (seen["DATABASE_PORT"])
    ), "there is one server, however many tasks"


def test_a_database_with_a_given_password_takes_that_one(fleet: Fleet) -> None:
    """RDS manages no password of a PostgreSQL with replicas, so such an instance is given one."""
    created = postgres(fleet, "given", MasterUserPassword=PASSWORD)
    seen = environment(fleet, "with-given", DATABASE_HOST=created["Endpoint"]["Address"], DATABASE_PORT="5432")
    with psycopg.connect(
        host=seen["DATABASE_HOST"],
        port=seen["DATABASE_PORT"],
        dbname="study",
        user="study",
        password=PASSWORD,
        sslmode="verify-full",
        sslrootcert=seen["DATABASE_CA_FILE"],
    ) as database:
        assert database.execute("select current_user").fetchone() == ("study",)


def is_listening(fleet: Fleet, host: str) -> bool:
    """Whether the server that stands for this endpoint takes connections."""
    found = read_addresses(fleet.state_dir).find(host)
    assert found is not None
    with contextlib.suppress(OSError), socket.create_connection((found.local_host, found.local_port)):
        return True
    return False


def test_a_database_stops_and_starts_with_its_instance_and_one_that_was_killed_comes_back(fleet: Fleet) -> None:
    rds = fleet.client("rds")
    created = postgres(fleet, "stopping", MasterUserPassword=PASSWORD)
    host = created["Endpoint"]["Address"]
    seen = environment(fleet, "with-stopping", DATABASE_HOST=host, DATABASE_PORT="5432")
    where = make_conninfo(host=seen["DATABASE_HOST"], port=seen["DATABASE_PORT"], dbname="study", user="study")

    def connect() -> psycopg.Connection[Any]:
        return psycopg.connect(where, password=PASSWORD)

    with connect() as database:
        database.execute("create table kept as select 1 as one")
    fleet.serve("beside", fleet.define("beside", fleet.image("v1")))  # the agent looks while something runs

    rds.stop_db_instance(DBInstanceIdentifier="stopping")
    until(lambda: not is_listening(fleet, host), "the database to stop")
    rds.start_db_instance(DBInstanceIdentifier="stopping")
    until(lambda: is_listening(fleet, host), "the database to start")

    folders = (fleet.state_dir / "servers").glob("Database-*")
    [process] = [
        known.process
        for folder in folders
        if (known := record.read(folder)) is not None and str(known.ports[MAIN]) == seen["DATABASE_PORT"]
    ]
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    until(lambda: not is_alive(process), "the database to die")
    until(lambda: is_listening(fleet, host), "the database to come back")

    def kept() -> int:
        try:
            with connect() as database:
                (one,) = database.execute("select one from kept").fetchone() or (0,)
        except psycopg.OperationalError:  # it listens before it has recovered
            return 0
        return int(one)

    assert until(kept, "the database to recover") == 1


@pytest.fixture
def cache(fleet: Fleet) -> dict[str, Any]:
    elasticache = fleet.client("elasticache")
    elasticache.create_user(
        UserId="fleet-default",
        UserName="default",
        Engine="redis",
        AccessString="off ~* -@all",
        AuthenticationMode={"Type": "no-password-required"},
    )
    elasticache.create_user(
        UserId="fleet-client",
        UserName="fleet-client",
        Engine="redis",
        AccessString="on ~* &* +@all -@dangerous",
        AuthenticationMode={"Type": "iam"},
    )
    elasticache.create_user_group(UserGroupId="fleet", Engine="redis", UserIds=["fleet-default", "fleet-client"])
    created: dict[str, Any] = elasticache.create_replication_group(
        ReplicationGroupId="fleet",
        ReplicationGroupDescription="tests",
        Engine="valkey",
        NumCacheClusters=1,
        TransitEncryptionEnabled=True,
        UserGroupIds=["fleet"],
    )["ReplicationGroup"]
    return created


def test_the_cache_takes_tls_and_any_token_of_its_user_and_nobody_else(fleet: Fleet, cache: dict[str, Any]) -> None:
    host = cache["NodeGroups"][0]["PrimaryEndpoint"]["Address"]
    seen = environment(fleet, "with-cache", REDIS_HOST=host, REDIS_PORT="6379")
    assert seen["REDIS_CACHE_NAME"] == "fleet"
    where: dict[str, Any] = {
        "host": seen["REDIS_HOST"],
        "port": int(seen["REDIS_PORT"]),
        "ssl": True,
        "ssl_ca_certs": seen["REDIS_CA_FILE"],
    }
    with redis.Redis(username="fleet-client", password="a-signed-token", **where) as client:  # noqa: S106
        client.set("key", "value")
        assert client.get("key") == b"value"
        with pytest.raises(redis.exceptions.NoPermissionError):
            client.flushall()
    with redis.Redis(**where) as nobody, pytest.raises(redis.exceptions.AuthenticationError):
        nobody.ping()


def test_the_cache_does_not_speak_without_tls(fleet: Fleet) -> None:
    found = [each for each in read_addresses(fleet.state_dir).stand_ins if each.kind is Kind.CACHE]
    context = ssl.create_default_context(cafile=found[0].ca_file)
    with socket.create_connection((found[0].local_host, found[0].local_port)) as plain:
        plain.sendall(b"PING\r\n")
        answer = plain.recv(100)
    with (
        socket.create_connection((found[0].local_host, found[0].local_port)) as connection,
        context.wrap_socket(connection, server_hostname="127.0.0.1") as encrypted,
    ):
        encrypted.sendall(b"PING\r\n")
        assert encrypted.recv(100).startswith(b"-NOAUTH")

    assert not answer.startswith((b"+PONG", b"-NOAUTH"))


def test_the_vector_database_takes_its_key_and_publishes_its_authority(fleet: Fleet) -> None:
    vpc = fleet.client("ec2").describe_subnets(SubnetIds=fleet.subnets[:1])["Subnets"][0]["VpcId"]
    discovery, ssm = fleet.client("servicediscovery"), fleet.client("ssm")
    operation = discovery.create_private_dns_namespace(Name="fleet.internal", Vpc=vpc)["OperationId"]
    namespace = discovery.get_operation(OperationId=operation)["Operation"]["Targets"]["NAMESPACE"]
    discovery.create_service(
        Name="vector-db",
        DnsConfig={"NamespaceId": namespace, "DnsRecords": [{"Type": "A", "TTL": 60}]},
    )
    parameter = "/fleet/vector-db/ca-certificate"
    ssm.put_parameter(Name=parameter, Value="not published yet", Type="SecureString")
    seen = environment(
        fleet,
        "with-vectors",
        QDRANT_URL="https://vector-db.fleet.internal:6333",
        QDRANT_API_KEY="the-key",
        QDRANT_CA_CERTIFICATE_PARAMETER=parameter,
    )
    authority = Path(seen["QDRANT_CA_FILE"]).read_text("ascii")

    def status(key: str) -> int:
        context = ssl.create_default_context(cafile=seen["QDRANT_CA_FILE"])
        where = urlsplit(seen["QDRANT_URL"]).netloc
        connection = http.client.HTTPSConnection(where, context=context)
        connection.request("GET", "/collections", headers={"api-key": key})
        answered = connection.getresponse().status
        connection.close()
        return answered

    assert (status("the-key"), status("guessed")) == (200, 401)
    assert ssm.get_parameter(Name=parameter, WithDecryption=True)["Parameter"]["Value"] == authority
