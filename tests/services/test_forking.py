"""Forks wait for threads that are in the middle of something, and for nobody else."""

from __future__ import annotations

import os
import threading

import pytest
from tests.support.until import until

from studyservices import forking
from studyservices.forking import ForkGate


def fork_and_exit() -> None:
    """Fork a child that ends at once, and wait for it."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def test_a_fork_waits_for_whoever_is_inside_and_then_lets_the_others_in() -> None:
    gate, leave, entered = ForkGate(), threading.Event(), threading.Event()
    order: list[str] = []

    def be_inside() -> None:
        with gate.passing():
            entered.set()
            leave.wait()
            order.append("left")

    def fork() -> None:
        fork_and_exit()
        order.append("forked")

    inside, forker = threading.Thread(target=be_inside), threading.Thread(target=fork)
    inside.start()
    entered.wait()
    forker.start()
    until(lambda: gate._is_closed, "the fork to ask for the gate")
    late = threading.Thread(target=gate.guarded(lambda: order.append("late")))
    late.start()
    leave.set()
    for thread in (inside, forker, late):
        thread.join()

    assert order[0] == "left"
    assert sorted(order) == ["forked", "late", "left"]


def test_in_the_child_the_gate_is_open_whoever_was_inside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forking, "LONGEST_WAIT_SECONDS", 0.05)
    gate, leave, entered = ForkGate(), threading.Event(), threading.Event()

    def hang() -> None:
        with gate.passing():
            entered.set()
            leave.wait()

    hanging = threading.Thread(target=hang)
    hanging.start()
    entered.wait()
    child = os.fork()
    if child == 0:
        with gate.passing():
            os._exit(7)
    _, status = os.waitpid(child, 0)
    leave.set()
    hanging.join()

    assert os.waitstatus_to_exitcode(status) == 7
    assert gate.guarded(lambda: "open again")() == "open again"
