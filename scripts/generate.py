"""Writes what is generated from the code and committed, or checks that it is current (`make docs`, `make check`)."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from scripts.faults_page import faults_page
from scripts.grafana_dashboards import dashboard_files
from scripts.prometheus_files import prometheus_files
from scripts.runtime_pages import events_page, settings_page

from studyctl.adapters.monitoring_files import FOLDER, read_watch
from studyctl.adapters.specs import SpecFiles
from studyctl.adapters.templates import PackagedTemplates
from studyctl.cli.reference import commands_page, emulator_page, exit_codes_page, help_texts
from studyctl.domain.environment.reference import GENERATE, markdown, schema_text
from studyctl.domain.policy.rules.table import rules_page
from studyctl.domain.target import EMULATED_ACCOUNT_ID
from studyctl.domain.workspace import Workspace
from studyctl.usecases.render import build_files

Generated = Iterator[tuple[Path, str]]


def reference(_: Path) -> Generated:
    """What editors and people read about environment files."""
    yield Path("environments/schema.json"), schema_text()
    yield Path("docs/configuration.md"), markdown()


def pages(repository: Path) -> Generated:
    """What people read about the command line, the emulator, the services, and what they survive."""
    yield Path("docs/commands.md"), commands_page()
    yield Path("docs/exit-codes.md"), exit_codes_page()
    yield Path("docs/emulator-capabilities.md"), emulator_page()
    yield Path("docs/rules.md"), rules_page()
    yield Path("docs/events.md"), events_page()
    yield Path("docs/service-settings.md"), settings_page()
    yield Path("docs/faults.md"), faults_page(repository)


def rendered_goldens(repository: Path) -> Generated:
    """What each environment becomes for terraform, so that a review shows what a change of a spec or the code means."""
    specs, templates = SpecFiles(repository), PackagedTemplates()
    for name in specs.names():
        environment, workspace = specs.load(name), Workspace.platform(name, repository)
        account_id = environment.account_id or EMULATED_ACCOUNT_ID
        files = build_files(environment, workspace, account_id=account_id, templates=templates)
        for file in files:
            yield Path("tests/golden/rendered") / name / file.path.name, file.content


def help_goldens(_: Path) -> Generated:
    """What `--help` of each command prints, so that a review sees every word that users see."""
    for words, text in help_texts():
        yield Path("tests/golden/help") / f"{'-'.join(words) or 'studyctl'}.txt", text


def grafana(repository: Path) -> Generated:
    """The dashboards that a Grafana is given."""
    for name, text in dashboard_files(read_watch(repository)):
        yield FOLDER / "grafana" / name, text


def prometheus(repository: Path) -> Generated:
    """The rules and routes that Managed Prometheus is given."""
    for name, text in prometheus_files(read_watch(repository)):
        yield FOLDER / "prometheus" / name, text


GENERATORS: tuple[Callable[[Path], Generated], ...] = (
    reference,
    pages,
    rendered_goldens,
    help_goldens,
    grafana,
    prometheus,
)


def outdated(repository: Path) -> dict[Path, str]:
    """The files that are not what the code says now, with what they should hold."""
    everything = dict(file for generate in GENERATORS for file in generate(repository))
    return {path: content for path, content in everything.items() if _read(repository / path) != content}


def main() -> int:
    """Write or check; 1 when a check found something."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a file is not current")
    is_check = parser.parse_args().check
    repository = Path.cwd()
    found = outdated(repository)
    for path, content in found.items():
        if not is_check:
            (repository / path).parent.mkdir(parents=True, exist_ok=True)
            (repository / path).write_text(content, encoding="utf-8", newline="\n")
        sys.stdout.write(f"{path} {'is not current' if is_check else 'written'}\n")
    if is_check and found:
        sys.stdout.write(f"Bring these up to date with: {GENERATE}\n")
    return 1 if is_check and found else 0


def _read(path: Path) -> str | None:
    return path.read_text("utf-8") if path.exists() else None


if __name__ == "__main__":
    sys.exit(main())
