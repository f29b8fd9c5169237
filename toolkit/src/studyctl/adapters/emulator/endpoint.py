"""Where a running emulator is: the value, the file that tells other processes, and the variables that point at it."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

HOST = "127.0.0.1"
CONTROL_PREFIX = "/_studyctl/"
STATUS_PATH = CONTROL_PREFIX + "status"
CALLS_PATH = f"{CONTROL_PREFIX}calls"

ENDPOINT_FILE = "emulator.json"
LOG_FILE = "emulator.log"
SERVER_LOCK_FILE = "server.lock"
START_LOCK_FILE = "start.lock"


@dataclass(frozen=True)
class EmulatorEndpoint:
    """One life of an emulator. A new `boot_id` means that everything it held is gone, whatever its port."""

    url: str
    pid: int
    port: int
    boot_id: str
    started_at: datetime
    log_path: Path
    version: str


def connection_environment(endpoint: EmulatorEndpoint, *, region: str = "us-east-1") -> dict[str, str]:
    """The only difference between AWS and the emulator, for terraform and for every AWS SDK.

    The caller removes other `AWS_*` variables (a profile, a session token) from what it passes on.
    """
    return {
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def terraform_environment(endpoint: EmulatorEndpoint, *, region: str = "us-east-1") -> dict[str, str]:
    """The same for terraform's provider, which reaches S3 Control too.

    That API has the account in front of the host, and `123456789012.127.0.0.1` resolves nowhere. Go does not take it
    for this machine, so it asks the proxy for it: the emulator again, which goes by what is signed, not by the host.
    """
    return {**connection_environment(endpoint, region=region), "HTTP_PROXY": endpoint.url}


def write_endpoint(state_dir: Path, endpoint: EmulatorEndpoint) -> None:
    """Publish the endpoint: readers see the old file, no file or the whole new one."""
    content = {
        "pid": endpoint.pid,
        "port": endpoint.port,
        "boot_id": endpoint.boot_id,
        "started_at": endpoint.started_at.isoformat(),
        "version": endpoint.version,
    }
    # mkstemp creates with mode 0600, and os.replace keeps it
    descriptor, temporary = tempfile.mkstemp(dir=state_dir, prefix=ENDPOINT_FILE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(content, file)
        file.write("\n")
    Path(temporary).replace(state_dir / ENDPOINT_FILE)


def read_endpoint(state_dir: Path) -> EmulatorEndpoint | None:
    """What the file says, believed or not; None when there is none or it is garbled."""
    try:
        content = json.loads((state_dir / ENDPOINT_FILE).read_text(encoding="utf-8"))
        port = int(content["port"])
        return EmulatorEndpoint(
            url=f"http://{HOST}:{port}",
            pid=int(content["pid"]),
            port=port,
            boot_id=str(content["boot_id"]),
            started_at=datetime.fromisoformat(content["started_at"]),
            log_path=state_dir / LOG_FILE,
            version=str(content["version"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def remove_endpoint(state_dir: Path) -> None:
    """Take the file away; it may be gone already."""
    (state_dir / ENDPOINT_FILE).unlink(missing_ok=True)
