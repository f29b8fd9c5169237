"""S3 on this machine: an emulator of its own, so that nothing that is deployed on the other one comes or goes with it.

It keeps everything in memory: a new life has empty buckets, at the same address.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.emulator import process
from studyctl.adapters.emulator.endpoint import LOG_FILE, EmulatorEndpoint
from studyctl.adapters.emulator.errors import EmulatorPortTaken
from studyctl.adapters.local import log_file
from studyctl.adapters.local.errors import NotReady, ServerNotAnswering
from studyctl.adapters.local.http_probe import ask
from studyctl.adapters.local.ports import free_port
from studyctl.adapters.local.program import MAIN, Running
from studyctl.adapters.local.server import Standing
from studyctl.adapters.private_files import PrivateFolder

ADDRESS_FILE = "address.json"
FIRST_ANSWER_SECONDS = 60.0
_IS_THERE = (200, 409)


@dataclass(frozen=True)
class ObjectStore:
    """The emulator of a folder, with these buckets."""

    folder: Path
    buckets: Collection[str]
    name: str = "object_store"

    def start(self) -> Running:
        """Start it where it was last time, if nobody else is there now, and make its buckets."""
        port = self.last_port or free_port()
        try:
            endpoint = process.start(self.folder, port=port)
        except EmulatorPortTaken:
            endpoint = process.start(self.folder, port=free_port())
        content = json.dumps({"port": endpoint.port}) + "\n"
        PrivateFolder(self.folder).write(self.folder / ADDRESS_FILE, content)
        running = self._running(endpoint)
        for bucket in self.buckets:
            _make_bucket(running, bucket)
        return running

    def find(self) -> Running | None:
        """It, if it runs."""
        endpoint = process.find(self.folder)
        return self._running(endpoint) if endpoint else None

    @property
    def standing(self) -> Standing:
        """How it stands. It takes its traces with it, so nobody knows whether it died."""
        return Standing.STOPPED if self.find() is None else Standing.RUNNING

    def stop(self) -> bool:
        """Stop it, and with it all that it held. False when it did not run."""
        return process.stop(self.folder)

    def erase(self) -> None:
        """Stop it and remove its log."""
        self.stop()
        if self.folder.exists():
            shutil.rmtree(self.folder)

    def last_lines(self, count: int) -> list[str]:
        """The end of its log."""
        return log_file.last_lines(self.folder / LOG_FILE, count)

    @property
    def last_port(self) -> int | None:
        """Where it was, or is."""
        try:
            return int(json.loads((self.folder / ADDRESS_FILE).read_text("utf-8"))["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _running(self, endpoint: EmulatorEndpoint) -> Running:
        return Running(self.name, endpoint.pid, endpoint.url, endpoint.log_path, {MAIN: endpoint.port})


def _make_bucket(running: Running, bucket: str) -> None:
    try:
        # its first request may have to load all of S3
        answer = ask(running.port, f"/{bucket}", method="PUT", timeout_seconds=FIRST_ANSWER_SECONDS)
    except NotReady as lacking:
        why = str(lacking)
    else:
        if answer.status in _IS_THERE:
            return
        why = answer.body.decode(errors="replace")[:500]
    raise ServerNotAnswering(
        f"the bucket {bucket} could not be made at {running.url}", why=why, hint=f"Its log: {running.log_path}"
    )
