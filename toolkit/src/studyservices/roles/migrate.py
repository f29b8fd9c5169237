"""The command `migrate`: runs once, before a release serves."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from collections.abc import Mapping
from contextlib import closing

from studyruntime.config import Settings
from studyruntime.database import Database
from studyservices.migrations import current_revision, migrate, revisions
from studyservices.surroundings import read_surroundings

EMPTY = "base"


def run(arguments: argparse.Namespace, environ: Mapping[str, str]) -> int:
    """Migrate, or only tell what there is.

    Raises:
        MigrationFailed: a revision could not be run, or there is no such target.
        Unavailable: the database does not answer.
    """
    sys.stdout.write(f"{_answer(arguments, environ)}\n")
    return 0


def _answer(arguments: argparse.Namespace, environ: Mapping[str, str]) -> str:
    if arguments.list:
        return json.dumps([dataclasses.asdict(revision) for revision in revisions()], indent=2)
    settings = read_surroundings("migrate", environ).settings
    return _current(settings) if arguments.current else _migrate(settings, arguments.to)


def _current(settings: Settings) -> str:
    with closing(Database(settings.require_database(), application="migrate")) as database:
        database.health()  # where there is no database, it says so in words of ours
        with database.engine.connect() as connection:
            return current_revision(connection) or EMPTY


def _migrate(settings: Settings, target: str) -> str:
    with closing(Database(settings.require_database(), application="migrate")) as database:
        database.health()
        before, after = migrate(database.engine, target)
        return f"{before or EMPTY} -> {after or EMPTY}"
