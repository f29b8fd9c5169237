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
from studyservices.migrations import current_revision, migrate, pending_revisions, revisions
from studyservices.surroundings import read_surroundings
from studyservices.version import APP_VERSION

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
    if arguments.describe:
        return _describe(settings)
    return _current(settings) if arguments.current else _migrate(settings, arguments.to)


def _describe(settings: Settings) -> str:
    """One line, which a release reads before it lets this image migrate."""
    with closing(Database(settings.require_database(), application="migrate")) as database:
        database.health()
        with database.engine.connect() as connection:
            pending, current = pending_revisions(connection), current_revision(connection)
    told = [{"id": each.id, "kind": each.kind.value, "min_app_version": each.min_app_version} for each in pending]
    return json.dumps({"schema": {"app_version": APP_VERSION, "schema_version": current, "pending": told}})


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
