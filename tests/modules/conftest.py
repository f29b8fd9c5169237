from __future__ import annotations

import contextlib
import os
import re
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
"""Each is a terraform, which keeps one processor busy."""
LONGEST_SECONDS = 600
PROVIDER = ".terraform/providers/*/hashicorp/aws/*/*/terraform-provider-aws_*"
TO_ATTACH = re.compile(r"TF_REATTACH_PROVIDERS='(?P<where>[^']+)'")
CONFIGURED = re.compile(r'^provider "aws"', re.MULTILINE)


@dataclass(frozen=True)
class Told:
    """What `terraform init` or `terraform test` said last."""

    exit_code: int
    text: str


READ = ("iam-policies", "infra/bootstrap", "terraform")


class Workshop:
    """Tests modules in a copy, with the roots' lock: nothing is left in the tree and nothing is fetched anew.

    `terraform test` starts the provider anew for each run of a file, which is most of what a test costs. A provider
    that lives through all of them (Terraform's way to debug one) is attached instead. Mocks ask it for schemas and
    validation and never configure it, so that it can be shared; a module whose tests configure one starts its own.
    """

    def __init__(self, folder: Path) -> None:
        self._copy = folder
        for part in READ:
            shutil.copytree(REPOSITORY / part, folder / part, ignore=shutil.ignore_patterns(".terraform*"))
        self._lock = REPOSITORY / "infra" / "platform" / lock_file.NAME
        self._launcher = binary.find(os.environ).launcher
        settings = cli_config.text(
            cli_config.find_mirrors(os.environ), folder / "cache", lock_file.locked_versions(self._lock.parent)
        )
        self._settings = cli_config.write(folder, folder / "cache", settings)
        self._program = Path()
        self._shared: dict[str, str] = {}

    def test(self, module: str) -> Told:
        """Run the tests of a folder of modules, or of a root; they mock the provider and call nothing."""
        root = self._copy / module
        is_configured = any(CONFIGURED.search(path.read_text("utf-8")) for path in root.glob("tests/*.tftest.hcl"))
        with self._provider() if is_configured else contextlib.nullcontext(self._shared) as attached:
            prepared = self._prepare(root, attached)
            return prepared if prepared.exit_code else self._run(root, attached, "test", "-no-color")

    @contextlib.contextmanager
    def provider_shared(self, module: str) -> Iterator[None]:
        """Start the provider that `module` asks for; all modules ask for the same, as the lock is one."""
        prepared = self._prepare(self._copy / module, {})
        assert prepared.exit_code == 0, prepared.text
        self._program = next((self._copy / module).glob(PROVIDER))
        with self._provider() as self._shared:
            yield

    @contextlib.contextmanager
    def _provider(self) -> Iterator[dict[str, str]]:
        """A provider that lives on, and the setting that has terraform attach it."""
        provider = subprocess.Popen(
            [self._program, "-debug"],
            env=_without_settings(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        with provider:
            try:
                assert provider.stdout is not None
                told = next((found for line in provider.stdout if (found := TO_ATTACH.search(line))), None)
                assert told, f"{self._program} -debug ended with {provider.wait()} and did not say how to attach it"
                yield {"TF_REATTACH_PROVIDERS": told["where"]}
            finally:
                provider.terminate()

    def _prepare(self, root: Path, attached: dict[str, str]) -> Told:
        shutil.copy(self._lock, root / lock_file.NAME)
        return self._run(root, attached, "init", "-backend=false", "-input=false", "-lockfile=readonly", "-no-color")

    def _run(self, root: Path, attached: dict[str, str], *arguments: str) -> Told:
        done = subprocess.run(
            [*self._launcher, *arguments],
            cwd=root,
            env={
                **_without_settings(),
                **attached,
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


def _without_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("TF_", "AWS_"))}


@pytest.fixture(scope="session")
def tested(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Told]]:
    """What the tests of a module came to. All that this session asks for are begun at once, two at a time."""
    workshop = Workshop(tmp_path_factory.mktemp("modules"))
    wanted = [
        str(item.callspec.params["module"])
        for item in request.session.items
        if isinstance(item, pytest.Function) and hasattr(item, "callspec") and "module" in item.callspec.params
    ]
    with workshop.provider_shared(wanted[0]), ThreadPoolExecutor(AT_ONCE) as pool:
        results: dict[str, Future[Told]] = {module: pool.submit(workshop.test, module) for module in wanted}
        yield lambda module: results[module].result()
        pool.shutdown(cancel_futures=True)
