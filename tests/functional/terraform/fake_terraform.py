"""A terraform that does what a scenario says, one step after another.

FAKE_SCENARIO names a JSON list of steps: ["emit", event], ["raw", text], ["await", pipe] (until its other end
is opened), ["trap", path] (add a line to the file for each SIGINT instead of dying), ["write", path, text],
["kill", signal], ["exit", code].
"""

import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable


def main() -> None:
    if sys.argv[1] == "version":
        print(json.dumps({"terraform_version": os.environ.get("FAKE_VERSION", "1.11.4")}))  # noqa: T201
        return
    with open(os.environ["FAKE_SCENARIO"], encoding="utf-8") as file:  # noqa: PTH123
        steps = json.load(file)
    for verb, *operands in steps:
        STEPS[verb](*operands)


def emit(event: object) -> None:
    raw(json.dumps(event) + "\n")


def raw(text: str) -> None:
    with contextlib.suppress(OSError):  # terraform does not mind that its output is lost
        os.write(1, text.encode())


def wait(pipe: str) -> None:
    with open(pipe, "rb") as file:  # noqa: PTH123 - blocks until somebody opens the other end
        file.read()


def trap(path: str) -> None:
    signal.signal(signal.SIGINT, lambda *_: write(path, "SIGINT\n"))


def write(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:  # noqa: PTH123
        file.write(text)


def kill(number: int) -> None:
    os.kill(os.getpid(), number)


STEPS: dict[str, Callable[..., object]] = {
    "emit": emit,
    "raw": raw,
    "await": wait,
    "trap": trap,
    "write": write,
    "kill": kill,
    "exit": sys.exit,
}

if __name__ == "__main__":
    main()
