"""The security controls of terraform/ and infra/: no finding, no waiver without a reason, no reason without a waiver.

A waiver is a `#checkov:skip=ID:reason` at the resource and a row in iam-policies/waivers.yaml; one without the other
fails, and so does a row whose time is over. Runs in checkov's own environment, which pins what the toolkit does not.
HCL is read, not plans: checkov knows neither inline skips nor references to keys that are made by the same plan there.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parent.parent
CODE = ("terraform", "infra")
"""Modules alone, with their defaults, and the roots, with everything they call."""
MANIFEST = Path("iam-policies") / "waivers.yaml"
FIELDS = {"rule", "where", "reason", "owner", "expires"}
CHECKOV_RULE = re.compile(r"CKV2?_[A-Z]+_\d+")
BLOCK = re.compile(r'^(?P<kind>resource|data|module) "(?P<first>[^"]+)"(?: "(?P<second>[^"]+)")? \{')
SKIP = re.compile(r"#\s*checkov:skip=(?P<rule>[A-Z0-9_]+)(?::(?P<reason>.*))?")
CHECKOV = ("--skip-download", "--compact", "--output", "json", "--framework", "terraform", "--soft-fail")


@dataclass(frozen=True)
class Skip:
    """A suppression in the code. `where` is folder and address, which survive a move between files."""

    rule: str
    where: str
    reason: str
    line: str


@dataclass(frozen=True)
class Waiver:
    """A row of the manifest. `where` is empty for a rule that no resource of ours could fulfil."""

    rule: str
    where: tuple[str, ...]
    reason: str
    owner: str
    expires: datetime.date


@dataclass(frozen=True)
class Result:
    """What one check said of one resource."""

    rule: str
    outcome: str
    where: str
    name: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Print every problem; 1 when there is one."""
    parser = argparse.ArgumentParser(description="Check the security controls of terraform/ and infra/.")
    parser.add_argument("--report", type=Path, help="also write what every check said, as JSON")
    report = parser.parse_args(arguments).report
    results = run_checkov(REPOSITORY)
    if report is not None:
        report.write_text(json.dumps([vars(result) for result in results]), "utf-8")
    found = [
        *findings(results),
        *disagreements(tuple(skips(REPOSITORY)), read_manifest(REPOSITORY / MANIFEST), datetime.date.today()),
    ]
    for problem in found:
        sys.stdout.write(f"{problem}\n")
    if found:
        sys.stdout.write(
            f"{len(found)} problems. Mend the code, or waive with a skip that says why and a row in {MANIFEST}\n"
        )
    return 1 if found else 0


def run_checkov(repository: Path) -> tuple[Result, ...]:
    """Run checkov over the code, both parts at once, without the network."""
    with ThreadPoolExecutor(len(CODE)) as pool:
        return tuple(
            result for results in pool.map(lambda part: _checked(repository, part), CODE) for result in results
        )


def findings(results: Iterable[Result]) -> tuple[str, ...]:
    """The checks that failed, each once although a module is read alone and inside its roots."""
    failed = (result for result in results if result.outcome == "failed")
    return tuple(dict.fromkeys(f"{r.where}: {r.rule} failed: {r.name}" for r in failed))


def skips(repository: Path) -> Iterator[Skip]:
    """Every suppression in the code."""
    for part in CODE:
        for path in sorted((repository / part).rglob("*.tf")):
            if ".terraform" not in path.parts:
                yield from _skips_of(path, repository)


def read_manifest(path: Path) -> tuple[Waiver, ...]:
    """The rows of the manifest.

    Raises:
        SystemExit: a row is not complete.
    """
    rows = yaml.safe_load(path.read_text("utf-8"))["waivers"]
    for row in rows:
        if set(row) != FIELDS or not isinstance(row["expires"], datetime.date):
            raise SystemExit(f"{path}: every row has exactly {', '.join(sorted(FIELDS))}, expires as a date: {row}")
    return tuple(
        Waiver(row["rule"], tuple(row["where"] or ()), row["reason"], row["owner"], row["expires"]) for row in rows
    )


def disagreements(found: Sequence[Skip], waivers: Sequence[Waiver], today: datetime.date) -> tuple[str, ...]:
    """Where code and manifest do not say the same, and what nobody may rely on any longer."""
    in_code = {(skip.rule, skip.where) for skip in found}
    in_manifest = {(waiver.rule, where) for waiver in waivers for where in waiver.where}
    return (
        *(f"{s.line}: {s.rule} is skipped without a reason" for s in found if not s.reason),
        *(
            f"{skip.line}: {skip.rule} is skipped at '{skip.where}', and {MANIFEST} has no row for it"
            for skip in found
            if (skip.rule, skip.where) not in in_manifest
        ),
        *(
            f"{MANIFEST}: {rule} is waived at '{where}', and nothing there skips it"
            for rule, where in sorted(in_manifest - in_code)
        ),
        *(
            f"{MANIFEST}: {waiver.rule} needs the places that skip it"
            for waiver in waivers
            if CHECKOV_RULE.fullmatch(waiver.rule) and not waiver.where
        ),
        *(
            f"{MANIFEST}: {waiver.rule} was waived until {waiver.expires}; {waiver.owner} decides anew"
            for waiver in waivers
            if waiver.expires < today
        ),
    )


def _skips_of(path: Path, repository: Path) -> Iterator[Skip]:
    folder, address = path.parent.relative_to(repository).as_posix(), ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
        if block := BLOCK.match(line):
            parts = [block["kind"] if block["kind"] != "resource" else "", block["first"], block["second"] or ""]
            address = ".".join(filter(None, parts))
        if skip := SKIP.search(line):
            place = f"{path.relative_to(repository).as_posix()}:{number}"
            yield Skip(skip["rule"], f"{folder} {address}", (skip["reason"] or "").strip(), place)


def _checked(repository: Path, part: str) -> list[Result]:
    command = [str(Path(sys.executable).parent / "checkov"), *CHECKOV, "--directory", part]
    done = subprocess.run(
        command,
        cwd=repository,
        env={**os.environ, "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        reports = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"checkov said nothing of {part} (exit {done.returncode})\n{done.stderr[-2000:]}")
    return [
        Result(entry["check_id"], outcome, _where(entry, repository / part, repository), entry["check_name"])
        for report in (reports if isinstance(reports, list) else [reports])
        for outcome in ("passed", "failed", "skipped")
        for entry in report.get("results", {}).get(f"{outcome}_checks", ())
    ]


def _where(entry: dict[str, Any], scanned: Path, repository: Path) -> str:
    path = Path(os.path.normpath(f"{scanned}/{entry['file_path'].lstrip('/')}"))
    address = re.sub(r"\[[^]]*\]", "", entry["resource"])
    local = re.sub(r"^(module\.[^.]+\.)+", "", address)
    return f"{path.parent.relative_to(repository).as_posix()} {local}"


if __name__ == "__main__":
    sys.exit(main())
