"""Tasks as processes: started, heard, signalled, and gone when the emulator is, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.until import until

from studyctl.adapters.emulator.ecs_agent.log_pump import LONGEST_LINE_BYTES, LogPump
from studyctl.adapters.emulator.ecs_agent.processes import Ended, NotStarted, Processes, Report, Started
from studyctl.adapters.local.process_table import identify

# says its own id and that of a child in another process group, then waits
FAMILY = """
import os, subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], process_group=0)
print(os.getpid(), child.pid, flush=True)
time.sleep(600)
"""

STUBBORN = """
import signal, time
signal.signal(signal.SIGTERM, lambda *_: print("no", flush=True))
print("up", flush=True)
while True:
    time.sleep(600)
"""

# an emulator without the emulator: starts a family, passes on what it says, waits to be killed
HOLDER = f"""
import os, sys, time
from pathlib import Path
from studyctl.adapters.emulator.ecs_agent.processes import Processes
processes = Processes(lambda: None)
output = processes.start("family", [sys.executable, "-c", {FAMILY!r}], folder=Path("/"), environment={{}})
os.set_blocking(output, True)
print(processes._supervisor.pid, os.read(output, 100).decode(), flush=True)
time.sleep(600)
"""


class Watched:
    """Processes, and everything that was reported and said."""

    def __init__(self) -> None:
        self.notified = threading.Event()
        self.processes = Processes(self.notified.set)
        self.pump = LogPump()
        self.seen: list[Report] = []
        self.said: dict[str, list[str]] = {}

    def start(self, name: str, *arguments: str) -> None:
        output = self.processes.start(name, arguments, folder=Path("/"), environment={"PATH": os.environ["PATH"]})
        self.pump.add(name, output)

    def python(self, name: str, code: str) -> None:
        self.start(name, sys.executable, "-c", code)

    def report(self, name: str, kind: type[Report]) -> Report:
        def look() -> Report | None:
            self.seen += self.processes.reports()
            return next((each for each in self.seen if each.id == name and isinstance(each, kind)), None)

        found = until(look, f"{name} to be {kind.__name__}")
        assert found is not None
        return found

    def lines(self, name: str) -> list[str]:
        for each, lines in self.pump.take().items():
            self.said.setdefault(each, []).extend(line.text for line in lines)
        return self.said.get(name, [])

    def everything(self, name: str) -> list[str]:
        """All that was said, once the output is closed."""
        until(lambda: self.lines(name) and not self.pump.is_open(name), f"the end of what {name} says")
        return self.lines(name)

    def close(self) -> None:
        self.processes.stop()
        self.pump.stop()


@pytest.fixture
def watched() -> Iterator[Watched]:
    watched = Watched()
    yield watched
    watched.close()


def is_gone(pid: int) -> bool:
    return identify(pid) is None


def test_a_task_is_started_heard_and_its_end_reported(watched: Watched) -> None:
    watched.python("one", "import sys; print('out'); print('err', file=sys.stderr); print('rest', end=''); sys.exit(3)")

    assert isinstance(watched.report("one", Started), Started)
    assert watched.report("one", Ended) == Ended("one", 3)
    assert sorted(watched.everything("one")) == ["err", "out", "rest"]
    assert watched.notified.is_set()


def test_a_program_that_is_not_there_is_reported(watched: Watched) -> None:
    watched.start("one", "no-such-program")
    report = watched.report("one", NotStarted)

    assert isinstance(report, NotStarted)
    assert "no-such-program" in report.why


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGKILL, 137)])
def test_a_signal_arrives_as_in_a_container(watched: Watched, number: signal.Signals, code: int) -> None:
    watched.python("one", FAMILY)
    pids = until(lambda: watched.lines("one"), "the family")[0].split()
    watched.processes.send_signal("one", number)

    assert watched.report("one", Ended) == Ended("one", code)
    # a container ends with its first process, and all else in it
    until(lambda: all(is_gone(int(pid)) for pid in pids), "the end of all")


def test_an_ignored_sigterm_needs_sigkill(watched: Watched) -> None:
    code = (
        "import signal,time; signal.signal(signal.SIGTERM, lambda *_: print('no', flush=True)); print('up', flush=True)"
    )
    watched.python("one", code + "\nwhile True: time.sleep(600)")
    until(lambda: watched.lines("one") == ["up"], "its start")
    watched.processes.send_signal("one", signal.SIGTERM)
    until(lambda: watched.lines("one") == ["up", "no"], "its refusal")
    watched.processes.send_signal("one", signal.SIGKILL)

    assert watched.report("one", Ended) == Ended("one", 137)


def test_a_long_line_is_cut_and_a_flood_loses_its_oldest_lines(watched: Watched) -> None:
    watched.python("long", f"print('x' * {LONGEST_LINE_BYTES * 2 + 1})")
    watched.report("long", Ended)
    lines = watched.everything("long")
    assert "".join(lines) == "x" * len("".join(lines))
    assert max(map(len, lines)) <= LONGEST_LINE_BYTES

    watched.python("flood", "for number in range(30_000): print(number)")
    watched.report("flood", Ended)
    until(lambda: not watched.pump._outputs, "all of it to be read, while nobody fetches any")
    lines = watched.lines("flood")
    assert (len(lines), lines[-1]) == (20_000, "29999")


def test_the_end_of_the_emulator_is_the_end_of_its_tasks(watched: Watched) -> None:
    watched.python("one", FAMILY)
    pids = [int(pid) for pid in until(lambda: watched.lines("one"), "the family")[0].split()]
    watched.processes.stop()

    until(lambda: all(is_gone(pid) for pid in pids), "the end of all")


def test_a_killed_emulator_leaves_no_task_behind() -> None:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True, start_new_session=True)
    assert holder.stdout is not None
    pids = [int(pid) for pid in holder.stdout.readline().split()]
    assert not any(is_gone(pid) for pid in pids)
    holder.kill()
    holder.wait()

    until(lambda: all(is_gone(pid) for pid in pids), "the end of all")
    holder.stdout.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the kernel's death signal is Linux's")
def test_a_killed_supervisor_takes_its_tasks_along_and_another_one_is_started(watched: Watched) -> None:
    watched.python("one", "import time; print('up', flush=True); time.sleep(600)")
    started = watched.report("one", Started)
    assert isinstance(started, Started)
    supervisor = watched.processes._supervisor
    assert supervisor is not None
    supervisor.kill()

    assert watched.report("one", Ended) == Ended("one", 137)
    until(lambda: is_gone(started.pid), "its end")
    watched.python("two", "print('again')")
    assert watched.report("two", Ended) == Ended("two", 0)


def test_a_guarded_server_does_not_outlive_the_emulator(watched: Watched) -> None:
    waits = "import signal, time; signal.signal(signal.SIGINT, signal.SIG_DFL); print(flush=True); time.sleep(600)"
    server = subprocess.Popen([sys.executable, "-c", waits], stdout=subprocess.PIPE, start_new_session=True)
    assert server.stdout is not None
    server.stdout.readline()
    watched.processes.guard(server.pid, signal.SIGINT)
    watched.processes.stop()

    assert server.wait() == -signal.SIGINT
    server.stdout.close()
