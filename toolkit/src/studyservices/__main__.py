"""`python -m studyservices ROLE`: one image, and what it is by its argument."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module

from studyruntime.errors import ConfigurationError, RuntimeFailure, Unavailable

# sysexits.h, so that whoever reads an exit code in ECS knows whose turn it is.
EXIT_FAILED = 1
EXIT_TRY_AGAIN = 75
EXIT_CONFIGURATION = 78

SERVICES = {
    "api": "documents, quizzes and search over HTTP",
    "notification": "notifications over HTTP and WebSocket",
    "document": "worker: text out of uploads",
    "indexing": "worker: passages and vectors",
    "quiz": "worker: questions",
    "outbox-relay": "events to the stream, work to its queues",
    "scheduler": "stuck work, expired rows",
}
SMOKE_CHECKS = ("database", "cache", "vectors", "end-to-end")


def main(arguments: Sequence[str] | None = None, environ: Mapping[str, str] = os.environ) -> int:
    """Run a role; its exit code."""
    parsed = _parser().parse_args(arguments)
    try:
        return _command(parsed, environ)
    except RuntimeFailure as failure:
        sys.stderr.write(f"error: {failure.what}\n" + (f"  {failure.hint}\n" if failure.hint else ""))
        return _exit_code(failure)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m studyservices", description=__doc__)
    roles = parser.add_subparsers(metavar="ROLE", required=True)
    for role, summary in SERVICES.items():
        # The platform names workloads with underscores, and hands over hyphens.
        service = roles.add_parser(role, aliases=[role.replace("-", "_")] if "-" in role else [], help=summary)
        service.set_defaults(command="service", role=role)
    migrate = roles.add_parser("migrate", help="bring the database to the shape this release needs")
    migrate.add_argument("--to", default="head", metavar="REVISION", help="up or down to it; base: empty (head)")
    migrate.add_argument("--list", action="store_true", help="only write every revision with its kind, as JSON")
    migrate.add_argument("--current", action="store_true", help="only write the revision the database is at")
    migrate.add_argument("--describe", action="store_true", help="only write what is to be done, as JSON on one line")
    migrate.set_defaults(command="migrate")
    smoke = roles.add_parser("smoke", help="ask database, cache, vectors and the whole path, and write how they are")
    smoke.add_argument("--check", action="append", choices=SMOKE_CHECKS, help="only this one; may be repeated")
    smoke.set_defaults(command="smoke")
    token = roles.add_parser("token", help="write a bearer token")
    token.add_argument("user", help="whom it is for")
    token.add_argument("--seconds", type=int, help="how long it is good (SESSION_SECONDS)")
    token.set_defaults(command="token")
    healthcheck = roles.add_parser("healthcheck", help="for the container: whether the role in it lives")
    healthcheck.set_defaults(command="healthcheck")
    return parser


def _command(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Each role imports only what it needs: a relay starts without FastAPI, an API without Celery's workers."""
    module = import_module(f"studyservices.roles.{arguments.command}")
    run: Callable[[argparse.Namespace, Mapping[str, str]], int] = module.run
    return run(arguments, environ)


def _exit_code(failure: RuntimeFailure) -> int:
    if isinstance(failure, ConfigurationError):
        return EXIT_CONFIGURATION
    return EXIT_TRY_AGAIN if isinstance(failure, Unavailable) else EXIT_FAILED


if __name__ == "__main__":
    sys.exit(main())
