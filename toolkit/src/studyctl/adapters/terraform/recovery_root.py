"""A copy of an environment's root in which imports can be planned without touching the repository."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from studyctl.adapters.terraform import configuration_scan
from studyctl.domain.pipeline_scope import INFRASTRUCTURE
from studyctl.domain.recovery import IMPORTS_FILE, imports_text
from studyctl.domain.workspace import Workspace

_LEFT_BEHIND = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", "tests", "*.md")


@dataclass(frozen=True)
class RecoveryRoot:
    """`.build/<env>/recovery`: the root, the modules it calls, and a build folder that shares backend and variables.

    Modules are copied rather than linked: the guard follows links, and takes what they lead to for foreign code.
    Runs are linked, so that a recovery that is killed is found like any other run.
    """

    source: Workspace

    @property
    def workspace(self) -> Workspace:
        """Where terraform works during a recovery."""
        folder = self._folder
        return Workspace(
            self.source.environment, folder / self.source.root.relative_to(self._repository), folder / "build"
        )

    def make(self) -> None:
        """Copy the root and link what it shares with the environment; an older copy goes."""
        self.remove()
        self._folder.mkdir(mode=0o700, parents=True)
        workspace = self.workspace
        shutil.copytree(self.source.root, workspace.root, ignore=_LEFT_BEHIND)
        for folder in sorted({*self._module_folders(), *self._read_folders()}):
            target = self._folder / folder
            if not target.exists():
                shutil.copytree(self._repository / folder, target, ignore=_LEFT_BEHIND)
        workspace.build.mkdir(mode=0o700)
        self.source.runs.mkdir(mode=0o700, parents=True, exist_ok=True)
        workspace.runs.symlink_to(self.source.runs)
        for shared, link in (
            (self.source.var_file, workspace.var_file),
            (self.source.backend_config, workspace.backend_config),
        ):
            if shared.exists():
                link.symlink_to(shared)
        cache = self.source.build.parent / "plugin-cache"
        cache.mkdir(parents=True, exist_ok=True)
        (workspace.build.parent / cache.name).symlink_to(cache)

    def write_imports(self, imports: Mapping[str, str]) -> None:
        """Replace the import blocks."""
        (self.workspace.root / IMPORTS_FILE).write_text(imports_text(imports), encoding="utf-8")

    def remove(self) -> None:
        """Take the copy away; what its links lead to stays."""
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _folder(self) -> Path:
        return self.source.build / "recovery"

    @property
    def _repository(self) -> Path:
        return self.source.root.parent.parent

    def _read_folders(self) -> tuple[str, ...]:
        """The folders of the repository that hold what a plan is made from, such as `monitoring`: roots read files."""
        names = (part.rstrip("/") for part in INFRASTRUCTURE)
        return tuple(name for name in names if (self._repository / name).is_dir())

    def _module_folders(self) -> tuple[str, ...]:
        """The folders of the repository that hold the modules, such as `terraform`."""
        repository = self._repository.resolve()
        targets = (module.target for module in configuration_scan.scan(self.source.root).modules)
        return tuple(
            sorted(
                {
                    target.relative_to(repository).parts[0]
                    for target in targets
                    if target and target.is_relative_to(repository)
                }
            )
        )
