"""The load balancer: paths, weights, health checks, WebSockets, and routes that change under load."""

from __future__ import annotations

import http.client
import http.server
import json
import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from websockets.sync.client import connect
from websockets.sync.server import ServerConnection, serve

from studyctl.adapters.local import http_probe
from studyctl.adapters.local.balancer import CONTROL, Balancer, BalancerProgram, Health
from studyctl.adapters.local.errors import ServerNotAnswering
from studyctl.adapters.local.routing import HealthCheck, Route, TargetGroup, WeightedGroup
from studyctl.adapters.local.server import Server

DEADLINE_SECONDS = 20.0
QUICK = HealthCheck(
    path="/health/ready", interval_seconds=0.05, timeout_seconds=1, healthy_threshold=1, unhealthy_threshold=1
)


class Target(http.server.ThreadingHTTPServer):
    """A service that tells its name, and whose health a test decides."""

    def __init__(self, name: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.name = name
        self.is_well = True
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.is_asked = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Target

    def do_POST(self) -> None:
        self.received = self.rfile.read(int(self.headers["Content-Length"]))
        self.do_GET()

    def do_GET(self) -> None:
        self.close_connection = True  # a target that is gone must not live on in a connection
        if self.path == QUICK.path:
            self.reply(200 if self.server.is_well else 500)
            return
        if self.path.endswith("/slow"):
            self.server.is_asked.set()
            self.server.may_answer.wait(DEADLINE_SECONDS)
        self.reply(200)

    def reply(self, status: int) -> None:
        body = self.server.name.encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def target() -> Iterator[Callable[[str], Target]]:
    made: list[Target] = []

    def make(name: str) -> Target:
        made.append(Target(name))
        return made[-1]

    yield make
    for one in made:
        one.may_answer.set()
        one.shutdown()
        one.server_close()


@pytest.fixture
def balancer(tmp_path: Path) -> Iterator[Balancer]:
    folder = tmp_path / "balancer"
    yield Balancer.start(folder)
    Server(BalancerProgram(folder)).erase()


def ask(balancer: Balancer, path: str = "/api/x") -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", balancer.running.port, timeout=DEADLINE_SECONDS)) as client:
        client.request("GET", path)
        response = client.getresponse()
        return response.status, response.read().decode()


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline, "it did not become so"
        time.sleep(0.02)


def group_of(*targets: Target, name: str = "group") -> TargetGroup:
    return TargetGroup(name, tuple(one.port for one in targets), QUICK)


def test_it_begins_without_routes(balancer: Balancer) -> None:
    assert ask(balancer)[0] == 404


def test_paths_lead_where_they_should_and_the_first_that_fits_counts(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    api, notification, rest = target("api"), target("notification"), target("rest")
    balancer.apply(
        [
            Route.to(group_of(api, name="api"), "/api/*", "/health"),
            Route.to(group_of(notification, name="notification"), "/ws", "/ws/*", "/api/*"),
            Route.to(group_of(rest, name="rest"), "/?"),
        ]
    )

    assert ask(balancer, "/api/a/b?c=/ws") == (200, "api")
    assert ask(balancer, "/health") == (200, "api")
    assert ask(balancer, "/ws/1") == (200, "notification")
    assert ask(balancer, "/x") == (200, "rest")
    assert ask(balancer, "/API/a")[0] == 404, "upper and lower case differ, as in AWS"
    assert ask(balancer, "/health/x")[0] == 404


def test_requests_are_shared_by_weight_whatever_the_number_of_targets(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    old, new = [target("old") for _ in range(3)], target("new")
    route = Route(
        ("/*",), (WeightedGroup(group_of(*old, name="old"), 80), WeightedGroup(group_of(new, name="new"), 20))
    )
    balancer.apply([route])

    with ThreadPoolExecutor(4) as pool:
        answers = Counter(body for status, body in pool.map(lambda _: ask(balancer), range(1000)) if status == 200)

    assert answers.total() == 1000
    # the standard deviation is 12.6: eight of them are never exceeded by chance
    assert abs(answers["new"] - 200) < 100


def test_weight_0_gets_nothing_and_a_group_without_targets_a_503(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    old, new = group_of(target("old"), name="old"), group_of(target("new"), name="new")

    balancer.apply([Route(("/*",), (WeightedGroup(old, 0), WeightedGroup(new, 1)))])
    assert {ask(balancer) for _ in range(30)} == {(200, "new")}

    balancer.apply([Route.to(TargetGroup("empty", ()), "/empty"), Route(("/*",), (WeightedGroup(old, 0),))])
    assert ask(balancer, "/empty")[0] == 503
    assert ask(balancer)[0] == 503


def health_of(balancer: Balancer, target: Target) -> Health:
    return next(standing.health for one, standing in balancer.targets().items() if one.port == target.port)


def test_a_target_that_fails_its_health_check_is_left_out_until_it_passes_again(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    good, bad = target("good"), target("bad")
    balancer.apply([Route.to(group_of(good, bad), "/*")])
    wait_until(lambda: health_of(balancer, good) is health_of(balancer, bad) is Health.HEALTHY)
    assert {ask(balancer)[1] for _ in range(4)} == {"good", "bad"}

    bad.is_well = False
    wait_until(lambda: health_of(balancer, bad) is Health.UNHEALTHY)
    assert {ask(balancer)[1] for _ in range(4)} == {"good"}
    [standing] = [standing for one, standing in balancer.targets().items() if one.port == bad.port]
    assert standing.reason == "Target.ResponseCodeMismatch"
    assert standing.detail == "Health checks failed with these codes: [500]"

    bad.is_well = True
    wait_until(lambda: health_of(balancer, bad) is Health.HEALTHY)
    assert {ask(balancer)[1] for _ in range(4)} == {"good", "bad"}


def test_a_new_target_gets_nothing_before_it_is_healthy(balancer: Balancer, target: Callable[[str], Target]) -> None:
    old, new = target("old"), target("new")
    new.is_well = False
    balancer.apply([Route.to(group_of(old), "/*")])
    wait_until(lambda: health_of(balancer, old) is Health.HEALTHY)

    balancer.apply([Route.to(group_of(old, new), "/*")])
    assert {ask(balancer)[1] for _ in range(20)} == {"old"}
    new.is_well = True
    wait_until(lambda: {ask(balancer)[1] for _ in range(4)} == {"old", "new"})


def test_when_no_target_is_healthy_all_get_requests_as_with_aws(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    one, other = target("one"), target("other")
    one.is_well = other.is_well = False
    balancer.apply([Route.to(group_of(one, other), "/*")])
    wait_until(lambda: health_of(balancer, one) is health_of(balancer, other) is Health.UNHEALTHY)

    assert {ask(balancer) for _ in range(4)} == {(200, "one"), (200, "other")}


def test_a_target_that_is_gone_is_left_out(balancer: Balancer, target: Callable[[str], Target]) -> None:
    stays, goes = target("stays"), target("goes")
    balancer.apply([Route.to(group_of(stays, goes), "/*")])
    wait_until(lambda: health_of(balancer, goes) is Health.HEALTHY)

    goes.shutdown()
    goes.server_close()

    wait_until(lambda: health_of(balancer, goes) is Health.UNHEALTHY)
    assert {ask(balancer) for _ in range(6)} == {(200, "stays")}
    balancer.apply([Route.to(group_of(goes), "/*")])
    assert ask(balancer)[0] == 502


def test_changing_routes_under_load_fails_no_request(balancer: Balancer, target: Callable[[str], Target]) -> None:
    blue, green = target("blue"), target("green")
    balancer.apply([Route.to(group_of(blue), "/*")])
    is_over = threading.Event()

    def load(keeps_connection: bool) -> Counter[tuple[int, str]]:
        seen: Counter[tuple[int, str]] = Counter()
        client = http.client.HTTPConnection("127.0.0.1", balancer.running.port, timeout=DEADLINE_SECONDS)
        while not is_over.is_set():
            client.request("POST", "/api/x", body=b"body")
            response = client.getresponse()
            seen[response.status, response.read().decode()] += 1
            if not keeps_connection:
                client.close()
        client.close()
        return seen

    with ThreadPoolExecutor(3) as pool:
        loads = [pool.submit(load, keeps) for keeps in (True, False, False)]
        for number in range(40):
            balancer.apply([Route.to(group_of(green if number % 2 == 0 else blue), "/*")])
        wait_until(lambda: ask(balancer)[1] == "blue")
        is_over.set()
        seen = sum((one.result() for one in loads), Counter[tuple[int, str]]())

    assert set(seen) <= {(200, "blue"), (200, "green")}
    assert seen.total() > 0


def test_a_request_under_way_ends_where_it_began(balancer: Balancer, target: Callable[[str], Target]) -> None:
    old, new = target("old"), target("new")
    balancer.apply([Route.to(group_of(old), "/*")])
    old.may_answer.clear()

    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(ask, balancer, "/slow")
        assert old.is_asked.wait(DEADLINE_SECONDS)
        balancer.apply([Route.to(group_of(new), "/*")])
        assert ask(balancer) == (200, "new")
        old.may_answer.set()
        assert slow.result() == (200, "old")


def test_a_websocket_passes_and_survives_a_change_of_routes(balancer: Balancer) -> None:
    def echo(connection: ServerConnection) -> None:
        for message in connection:
            connection.send(message)

    with serve(echo, "127.0.0.1", 0) as service:
        serving = threading.Thread(target=service.serve_forever)
        serving.start()
        try:
            group = TargetGroup("sockets", (int(service.socket.getsockname()[1]),))
            balancer.apply([Route.to(group, "/ws/*")])
            address = f"ws://127.0.0.1:{balancer.running.port}/ws/user-1"
            with connect(address, open_timeout=DEADLINE_SECONDS, proxy=None) as client:
                client.send("before")
                assert client.recv(DEADLINE_SECONDS) == "before"
                balancer.apply([])
                client.send("after")
                assert client.recv(DEADLINE_SECONDS) == "after"
        finally:
            service.shutdown()
            serving.join()


def test_the_access_log_says_who_answered_and_how_long_it_took(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    api = target("api")
    balancer.apply([Route.to(group_of(api, name="api:blue"), "/api/*")])
    assert ask(balancer, "/api/logged?token=secret") == (200, "api")

    def lines() -> list[dict[str, object]]:
        text = balancer.access_log.read_text() if balancer.access_log.exists() else ""
        return [json.loads(line) for line in text.splitlines() if "/api/logged" in line]

    wait_until(lambda: len(lines()) == 1)
    [line] = lines()
    assert (line["method"], line["status"]) == ("GET", 200)
    assert (line["group"], line["target"]) == ("api:blue", api.port)
    assert isinstance(line["duration_seconds"], float)
    assert "secret" not in balancer.access_log.read_text()


def test_it_is_found_again_with_its_routes_even_after_it_was_killed(
    balancer: Balancer, target: Callable[[str], Target]
) -> None:
    balancer.apply([Route.to(group_of(target("kept")), "/*")])
    folder = balancer.running.log_path.parent

    assert Balancer.find(folder) == balancer
    assert Balancer.start(folder) == balancer
    os.kill(balancer.running.pid, signal.SIGKILL)
    wait_until(lambda: Balancer.find(folder) is None)
    with pytest.raises(ServerNotAnswering) as caught:
        balancer.apply([])
    assert str(balancer.running.log_path) in caught.value.hint

    revived = Balancer.start(folder)
    assert revived.running.port == balancer.running.port
    assert ask(revived) == (200, "kept")


@pytest.mark.parametrize(
    "body", [b"", b"{", b"5", b'[{"paths": ["/"]}]', b'[{"paths": ["/"], "groups": [{"weight": 1}]}]']
)
def test_nonsense_from_whoever_steers_is_refused_and_changes_nothing(
    body: bytes, balancer: Balancer, target: Callable[[str], Target]
) -> None:
    balancer.apply([Route.to(group_of(target("kept")), "/*")])

    answer = http_probe.ask(balancer.running.ports[CONTROL], "/routes", method="PUT", body=body)

    assert answer.status == 400
    assert ask(balancer) == (200, "kept")
    assert http_probe.ask(balancer.running.ports[CONTROL], "/nothing").status == 404
