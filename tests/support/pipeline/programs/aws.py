"""`aws ecr get-login-password`."""

from __future__ import annotations

import base64
import sys

from tests.support.pipeline.programs.refusal import refuse
from tests.support.pipeline.programs.registry import ecr


def main(words: list[str]) -> None:
    if words != ["ecr", "get-login-password"]:
        refuse("aws", words)
    (told,) = ecr().get_authorization_token()["authorizationData"]
    sys.stdout.write(base64.b64decode(told["authorizationToken"]).decode().partition(":")[2] + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
