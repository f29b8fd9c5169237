"""The command `token`: writes a bearer token, for smoke tests and for trying things out."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from studyservices.errors import UsageError
from studyservices.surroundings import read_surroundings
from studyservices.tokens import Audience, TokenSigner


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Write it.

    Raises:
        ConfigurationError: there is no key to sign with.
        UsageError: it can be made for nobody of that name.
    """
    surroundings = read_surroundings("token", environ)
    signer = TokenSigner(surroundings.settings.require_session_signing_key().get_secret_value())
    seconds = arguments.seconds or surroundings.options.session_seconds
    try:
        token = signer.sign(arguments.user, Audience.API, lifetime_seconds=seconds)
    except ValueError as error:
        raise UsageError(str(error)) from error
    sys.stdout.write(f"{token}\n")
    return 0
