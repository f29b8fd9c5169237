from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

from studyctl.adapters.terraform import binary, cli_config, lock_file

AT_ONCE = 2
"""Each is a terraform and a provider, which keep one processor busy."""
LONGEST_SECONDS = 600


@dataclass(frozen=True)
class Told:
    """What `terraform init` or `terraform test` said last."""

    exit_code: int
    text: str


class Workshop:
    """Tests modules in a copy, with the roots' lock: nothing is left in the tree and nothing is fetched anew."""

    def __init__(self, folder: Path) -> None:
        self._modules = folder / "terraform"
        shutil.copytree(REPOSITORY / "terraform", self._modules, ignore=shutil.ignore_patterns(".terraform*"))
        self._lock = REPOSITORY / "infra" / "platform" / lock_file.NAME
        self._launcher = binary.find(os.environ).launcher
        settings = cli_config.text(
            cli_config.find_mirrors(os.environ), folder / "cache", lock_file.locked_versions(self._lock.parent)
        )
        self._settings = cli_config.write(folder, folder / "cache", settings)

    def test(self, module: str) -> Told:
        """Run a module's own tests; they mock the provider and call nothing."""
        root = self._modules / module
        shutil.copy(self._lock, root / lock_file.NAME)
        prepared = self._run(root, "init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color")
        return prepared if prepared.exit_code else self._run(root, "test", "-no-color")

    def _run(self, root: Path, *arguments: str) -> Told:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}
        done = subprocess.run(
            [*self._launcher, *arguments],
            cwd=root,
            env={
                **kept,
                "TF_CLI_CONFIG_FILE": str(self._settings),
                "CHECKPOINT_DISABLE": "1",
                "AWS_REGION": "us-east-1",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=LONGEST_SECONDS,
            check=False,
        )
        return Told(done.returncode, done.stdout)


@pytest.fixture(scope="session")
def tested(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Told]]:
    """What the tests of a module came to. All that this session asks for are begun at once, two at a time."""
    workshop = Workshop(tmp_path_factory.mktemp("modules"))
    wanted = [
        str(item.callspec.params["module"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "module" in item.callspec.params
    ]
    pool = ThreadPoolExecutor(AT_ONCE)
    results: dict[str, Future[Told]] = {module: pool.submit(workshop.test, module) for module in wanted}
    yield lambda module: results[module].result()
    pool.shutdown(cancel_futures=True)
