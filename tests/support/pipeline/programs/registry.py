"""The emulator's image registry, as `aws` and `docker` reach it with the credentials of the job."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from studyctl.adapters.emulator.process import find

EMULATOR = "STAND_IN_EMULATOR"
"""The emulator's folder."""


def state_dir() -> Path:
    """Where images lie."""
    return Path(os.environ[EMULATOR])


def ecr() -> Any:
    """A client of ECR; without the credentials of a role there is none."""
    import boto3  # noqa: PLC0415 - `docker login` does not need it

    found = find(state_dir())
    if found is None or "AWS_SESSION_TOKEN" not in os.environ:
        sys.exit("Unable to locate credentials. The job entered no account.")
    return boto3.client("ecr", endpoint_url=found.url)
