"""Writes what AWS's managed policies say, from the collection that moto ships, into the package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from moto.iam.aws_managed_policies import aws_managed_policies_data

from studyctl.domain.policy.graph import managed_policies

TARGET = Path(managed_policies.__file__).with_name(managed_policies.FILE)


def main() -> int:
    policies = {
        f"{content['Path']}{name}".lstrip("/"): content["Document"]
        for name, content in json.loads(aws_managed_policies_data).items()
    }
    TARGET.write_bytes(managed_policies.pack(policies))
    sys.stdout.write(f"{len(policies)} policies in {TARGET.name}, {TARGET.stat().st_size // 1024} KiB\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
