"""infra/bootstrap with its state in a file of this machine: for as long as there is no bucket to keep it in."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from studyctl.domain.pipeline_scope import INFRASTRUCTURE
from studyctl.domain.state import StateSnapshot, parse_state
from studyctl.domain.workspace import Workspace
from studyctl.errors import OutcomeUnknown

_LEFT_BEHIND = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.tfplan", "tests", "*.md")
_OVERRIDE = 'terraform {\n  backend "local" {}\n}\n'


@dataclass(frozen=True)
class FirstRoot:
    """A copy of the root and what it reads, beside its build folder; there an override file names another backend.

    Copied rather than linked: the guard follows links, and takes what they lead to for foreign code.
    """

    settled: Workspace

    @property
    def workspace(self) -> Workspace:
        """Where terraform works until the state has moved. Its neighbour shares the provider cache."""
        root = self._folder / self.settled.root.relative_to(self._repository)
        return Workspace(self.settled.environment, root, self._folder)

    @property
    def state_file(self) -> Path:
        """The state, while it is here."""
        return self.settled.build / "terraform.tfstate"

    @property
    def moved_file(self) -> Path:
        """What remains of it afterwards, for people only."""
        return self.state_file.with_suffix(".tfstate.moved")

    def make(self) -> None:
        """Copy the root as it is now; an older copy goes, what runs left stays."""
        for part in INFRASTRUCTURE:
            shutil.rmtree(self._folder / part, ignore_errors=True)
            shutil.copytree(self._repository / part, self._folder / part, ignore=_LEFT_BEHIND)
        workspace = self.workspace
        (workspace.root / "backend_override.tf").write_text(_OVERRIDE, "utf-8")
        workspace.backend_config.write_text(f"path = {json.dumps(str(self.state_file))}\n", "utf-8")

    def state(self) -> StateSnapshot | None:
        """What the file says; None where there is none.

        Raises:
            OutcomeUnknown: it is no state.
        """
        try:
            return parse_state(self.state_file.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError as broken:
            raise OutcomeUnknown(
                f"{self.state_file} is not a state: {broken}",
                why="It is the only list of what was made in the account so far.",
                hint=f"Put its last good version back: {self.state_file}.backup",
            ) from broken

    def retire(self) -> None:
        """Put the file aside once the bucket holds it, so that nobody takes it for the state again."""
        self.state_file.replace(self.moved_file)

    @property
    def _folder(self) -> Path:
        return self.settled.build.with_name(f"{self.settled.build.name}-first")

    @property
    def _repository(self) -> Path:
        return self.settled.root.parent.parent
