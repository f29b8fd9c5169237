"""What Managed Prometheus is given is what Prometheus' own tools accept: the service has the same parsers."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.support.checkout import REPOSITORY

FILES = REPOSITORY / "monitoring" / "prometheus"
VALUES = {"region": "us-east-1"} | {
    f"topics.{name}": f"arn:aws:sns:us-east-1:123456789012:study-{name}" for name in ("critical", "warning", "on_call")
}


def test_promtool_accepts_the_rules(promtool: str) -> None:
    told = subprocess.run(
        [promtool, "check", "rules", str(FILES / "rules.yaml")], capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stdout + told.stderr


@pytest.mark.parametrize(("name", "receivers"), [("routes", 2), ("routes_with_on_call", 3)])
def test_amtool_accepts_the_routes_as_terraform_fills_them_in(
    name: str, receivers: int, amtool: str, tmp_path: Path
) -> None:
    template = (FILES / f"{name}.yaml.tftpl").read_text("utf-8")
    filled = tmp_path / "routes.yaml"
    filled.write_text(re.sub(r"\$\{([a-z_.]+)\}", lambda found: VALUES[found[1]], template), "utf-8")
    told = subprocess.run([amtool, "check-config", str(filled)], capture_output=True, text=True, check=False)

    assert told.returncode == 0, told.stdout + told.stderr
    assert f"{receivers} receivers" in told.stdout
    # Amazon's alert manager refuses a receiver that does not say for which region it signs.
    assert filled.read_text("utf-8").count("sigv4:") == receivers
