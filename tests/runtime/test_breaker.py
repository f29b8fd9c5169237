from __future__ import annotations

import threading
import time

import pytest

from studyruntime.breaker import CircuitBreakers
from studyruntime.errors import Unavailable
from studyruntime.metrics import Metrics
from studyruntime.metrics.definitions import BREAKER_OPEN


def fail(breakers: CircuitBreakers, error: BaseException, times: int = 1, dependency: str = "qdrant") -> None:
    for _ in range(times):
        with pytest.raises(type(error)), breakers.guard(dependency):
            raise error


def is_open(breakers: CircuitBreakers, dependency: str = "qdrant") -> bool:
    try:
        with breakers.guard(dependency):
            return False
    except Unavailable:
        return True


def test_it_opens_after_so_many_failures_in_a_row() -> None:
    metrics = Metrics()
    breakers = CircuitBreakers(threshold=3, metrics=metrics)

    fail(breakers, Unavailable("qdrant", "down"), 2)
    assert not is_open(breakers)
    fail(breakers, ConnectionResetError("reset"), 2)
    assert metrics.value(BREAKER_OPEN, dependency="qdrant") == 0.0
    fail(breakers, TimeoutError("slow"), 1)

    assert is_open(breakers)
    assert metrics.value(BREAKER_OPEN, dependency="qdrant") == 1.0
    assert not is_open(breakers, "model"), "each dependency has its own"


def test_it_says_who_is_held_back_and_for_how_long() -> None:
    breakers = CircuitBreakers(threshold=1, reset_seconds=60.0)
    fail(breakers, Unavailable("qdrant", "down"))

    told = r"qdrant is unavailable: it failed too often; tried again in (60|59)\.\d s"
    with pytest.raises(Unavailable, match=told), breakers.guard("qdrant"):
        pass


def test_an_answer_that_was_not_hoped_for_is_no_failure() -> None:
    breakers = CircuitBreakers(threshold=2)

    fail(breakers, Unavailable("qdrant", "down"))
    fail(breakers, ValueError("no such collection"), 5)
    fail(breakers, KeyboardInterrupt(), 5)
    fail(breakers, Unavailable("qdrant", "down"))

    assert not is_open(breakers)


def wait_until_it_may_be_tried(breakers: CircuitBreakers) -> None:
    deadline = time.monotonic() + 30
    while is_open(breakers):
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_one_success_closes_it() -> None:
    breakers = CircuitBreakers(threshold=2, reset_seconds=0.05)
    fail(breakers, Unavailable("qdrant", "down"), 2)

    wait_until_it_may_be_tried(breakers)

    fail(breakers, Unavailable("qdrant", "down"))
    assert not is_open(breakers), "it takes two again"


def test_while_one_call_finds_out_the_others_are_held_back() -> None:
    breakers = CircuitBreakers(threshold=1, reset_seconds=0.05)
    fail(breakers, Unavailable("qdrant", "down"))
    deadline = time.monotonic() + 30
    entered, may_end = threading.Event(), threading.Event()

    def probe() -> None:
        while not entered.is_set() and time.monotonic() < deadline:
            try:
                with breakers.guard("qdrant"):
                    entered.set()
                    may_end.wait(30)
            except Unavailable:
                time.sleep(0.005)

    prober = threading.Thread(target=probe)
    prober.start()
    assert entered.wait(30)

    assert is_open(breakers)
    may_end.set()
    prober.join()
    assert not is_open(breakers)


def test_a_failed_try_opens_it_again() -> None:
    breakers = CircuitBreakers(threshold=1, reset_seconds=0.05)
    fail(breakers, Unavailable("qdrant", "down"))
    deadline = time.monotonic() + 30
    attempts: list[str] = []

    def try_again() -> None:
        attempts.append("tried")
        raise ConnectionResetError("still down")

    while len(attempts) < 3:
        assert time.monotonic() < deadline
        try:
            with breakers.guard("qdrant"):
                try_again()
        except (Unavailable, ConnectionResetError):
            time.sleep(0.005)

    assert is_open(breakers)
