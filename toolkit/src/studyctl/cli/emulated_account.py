"""Prepares the emulator's account the way a real one is prepared once, without making anybody wait for all of it.

The state bucket is usable within seconds; its lifecycle rules are what the AWS provider then watches for a minute.
The command goes on meanwhile and asks for the rest at its end.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from studyctl.cli.console import Console
from studyctl.domain.run import new_run_id
from studyctl.usecases.bootstrap import BootstrapOutcome, bootstrap, is_usable

if TYPE_CHECKING:
    from studyctl.domain.events import Event
    from studyctl.domain.progress import Progress
    from studyctl.wiring import Site

READY_FILE = "ready"

_under_way: set[Path] = set()
"""Accounts that this process is preparing: environments planned together share one."""


@contextmanager
def prepared_account(site: Site, console: Console) -> Iterator[None]:
    """Hold an account that can keep state; at the end everything of it is in place.

    Raises:
        StudyctlError: preparing it failed, now or while the body ran.
    """
    home = site.bootstrap_workspace.build
    environments = "\n".join(sorted(site.residents))  # what is prepared for each; a new one is not yet
    if _is_ready(home / READY_FILE, environments) or home in _under_way:
        yield
        return
    _under_way.add(home)
    console.say("The emulator's account is not prepared yet: making it ready (state bucket, key, limits of roles)")
    with site.terraform.interrupts, ThreadPoolExecutor(1) as pool:
        rest = _start(site, pool)
        yield
        rest.result()
    _under_way.discard(home)
    site.files.write(home / READY_FILE, environments)


def _is_ready(marker: Path, environments: str) -> bool:
    return marker.exists() and marker.read_text("utf-8") == environments


def _start(site: Site, pool: ThreadPoolExecutor) -> Future[BootstrapOutcome]:
    """Begin, and return as soon as state can be kept; a failure until then is raised here."""
    from studyctl.wiring_lint import gate_of  # noqa: PLC0415  only where an account is prepared

    usable = threading.Event()

    def watch(_: Event, progress: Progress) -> None:
        if is_usable(progress):
            usable.set()

    rest = pool.submit(
        bootstrap,
        site.environment,
        site.connection.account_id,
        site.bootstrap_workspace,
        new_run_id(),
        site.bootstrap_ports(gate_of(site.repository, lambda _: None), on_event=watch),
        residents=site.residents,
        pipeline=site.pipeline,
    )
    rest.add_done_callback(lambda _: usable.set())
    usable.wait()
    if rest.done():
        rest.result()
    return rest
