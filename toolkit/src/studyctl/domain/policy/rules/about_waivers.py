"""What is said of waivers and of the scanner, as rules, so that reports can explain it; `waivers` finds it."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.findings import Severity
from studyctl.domain.policy.rules.rule import Offence, Rule
from studyctl.domain.policy.rules.subjects import Unreadable
from studyctl.domain.policy.waivers import EXPIRED, UNMATCHED, UNUSED

NOT_SCANNED = "SC905"
NOT_INSTALLED = "Install checkov into an environment of its own, and name it: STUDYCTL_CHECKOV=FOLDER/bin/checkov."
_WHERE = "https://docs.aws.amazon.com/wellarchitected/latest/security-pillar/sec_permissions_least_privileges.html"


def judge(_: Unreadable) -> Iterator[Offence]:
    """Yield nothing: these findings are made where waivers are applied and where checkov is run."""
    yield from ()


def _rule(id_: str, name: str, summary: str, fix: str) -> Rule[Unreadable]:
    return Rule(id_, name, Severity.MEDIUM, summary, _WHERE, fix, judge)


RULES = (
    _rule(EXPIRED, "expired-waiver", "No waiver is past its date", "Mend what it waives, or write a new date."),
    _rule(UNUSED, "unused-waiver", "Every waiver waives something", "Remove the row, or the place."),
    _rule(
        UNMATCHED,
        "unmatched-skip",
        "What the code skips of checkov's checks, a waiver says too, with its reason",
        "Write the reason at the skip, and a row in the waivers.",
    ),
    _rule(
        NOT_SCANNED,
        "not-scanned",
        "checkov looked at the code that it was to look at",
        NOT_INSTALLED,
    ),
)
