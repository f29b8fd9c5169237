"""The copy of a root in which a recovery plans holds whatever the root reads."""

from __future__ import annotations

from pathlib import Path

from studyctl.adapters.terraform.recovery_root import RecoveryRoot
from studyctl.domain.workspace import Workspace

READS = 'locals {\n  alerts = file("${path.module}/../../monitoring/alerts.yaml")\n}\n'


def test_what_the_root_reads_beside_its_modules_is_there_too(tmp_path: Path) -> None:
    workspace = Workspace.platform("dev", tmp_path)
    workspace.root.mkdir(parents=True)
    (workspace.root / "main.tf").write_text(READS, "utf-8")
    (tmp_path / "monitoring").mkdir()
    (tmp_path / "monitoring" / "alerts.yaml").write_text("alerts: []\n", "utf-8")
    root = RecoveryRoot(workspace)
    root.make()
    assert (root.workspace.root / ".." / ".." / "monitoring" / "alerts.yaml").read_text("utf-8") == "alerts: []\n"
    root.remove()
    assert (tmp_path / "monitoring" / "alerts.yaml").exists()
