"""A consumer that reads one message, says its id, and never handles it: run as a program and killed by a test."""

from __future__ import annotations

import sys
import threading

from studyruntime.broker import RedisStreamBroker
from studyruntime.config import load_settings


def main(channel: str, group: str) -> None:
    settings = load_settings()
    subscription = RedisStreamBroker(settings.require_broker(), settings.aws).subscribe(
        [channel], group, "holder", start="oldest"
    )
    (delivery,) = subscription.read(1, wait_seconds=60)
    sys.stdout.write(delivery.message.id + "\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
