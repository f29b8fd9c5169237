"""What must not happen by accident: data destroyed, or a configuration that runs or fetches what nobody reviewed."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from studyctl.domain.configuration import Configuration
from studyctl.domain.plan import ChangeAction, PlanSummary, Severity
from studyctl.errors import Refused

ALLOWED_PROVIDERS = frozenset(
    {"hashicorp/aws", "registry.terraform.io/hashicorp/aws", "terraform.io/builtin/terraform"}
)
"""Anything else is code that runs with the deploy's credentials."""
RUNNING_DATA_SOURCES = frozenset({"external", "http"})
"""They run a program or call an address while planning, before anybody has seen the plan."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One reason to refuse: what, where (an address or file:line), why, and how to allow or mend it."""

    what: str
    where: str
    why: str
    fix: str

    def __str__(self) -> str:
        """Say it in two lines."""
        return f"{self.where}: {self.what}. {self.why}\n  {self.fix}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Empty findings: go on."""

    findings: tuple[Finding, ...] = ()

    @property
    def is_refused(self) -> bool:
        """Whether anything speaks against it."""
        return bool(self.findings)

    def enforce(self) -> None:
        """Raise when anything speaks against it.

        Raises:
            Refused: with every finding.
        """
        if self.findings:
            first, *rest = self.findings
            what = first.what if not rest else f"{first.what}, and {len(rest)} more findings"
            raise Refused(
                f"refused: {what}",
                why="\n".join(f"{finding.where}: {finding.what}. {finding.why}" for finding in self.findings),
                hint="\n".join(dict.fromkeys(finding.fix for finding in self.findings)),
            )


def check_configuration(configuration: Configuration) -> Verdict:
    """Refuse provisioners, data sources that run things, unlisted providers and modules that are not local.

    A module source that leaves the repository is as bad as a remote one; the repository is two folders above the root.
    """
    return Verdict(tuple(_configuration_findings(configuration)))


def _configuration_findings(configuration: Configuration) -> Iterator[Finding]:
    for item in configuration.items:
        place = f"{item.path}:{item.line}"
        if item.kind in ("provisioner", "connection"):
            yield Finding(
                f"the configuration has a {item.name.replace('.', ' ')}",
                place,
                "It runs a command that no plan shows.",
                "Remove it; what must run on a machine belongs into its user data or a release step.",
            )
        if item.kind == "data" and item.labels and item.labels[0] in RUNNING_DATA_SOURCES:
            yield Finding(
                f"the configuration has {item.name}",
                place,
                "It runs or fetches something while planning.",
                "Remove it; pass the value in as a variable.",
            )
    for requirement in configuration.providers:
        if requirement.source not in ALLOWED_PROVIDERS:
            yield Finding(
                f"the provider {requirement.source} is not allowed",
                f"{requirement.path}:{requirement.line}",
                "A provider is a program that runs with the deploy's credentials.",
                f"Allowed are: {', '.join(sorted(ALLOWED_PROVIDERS))}.",
            )
    repository = configuration.root.resolve().parent.parent
    for module in configuration.modules:
        place = f"{module.path}:{module.line}"
        if module.target is None:
            yield Finding(
                f"the module {module.name} has the source {module.source or 'that is not a plain string'}",
                place,
                "A module that is not in this repository can change without a review.",
                'Copy it into terraform/ and call it by a path such as "../../terraform/NAME".',
            )
        elif not module.target.is_relative_to(repository):
            yield Finding(
                f"the module {module.name} lies outside the repository ({module.target})",
                place,
                "What is outside is not reviewed with the rest.",
                'Copy it into terraform/ and call it by a path such as "../../terraform/NAME".',
            )


def check_plan(plan: PlanSummary, *, allowed_destroys: Collection[str] = ()) -> Verdict:
    """Refuse to delete or replace what holds data, unless its exact address is in `allowed_destroys`.

    Also refuses what a plan that was tampered with would hold: provisioners and providers nobody allowed.
    """
    return Verdict(tuple(_plan_findings(plan, frozenset(allowed_destroys))))


def _plan_findings(plan: PlanSummary, allowed: frozenset[str]) -> Iterator[Finding]:
    for change in plan.changes:
        loses = change.removes and change.consequence.severity is Severity.DATA_LOSS
        if loses and change.address not in allowed:
            forced = f" because of {', '.join(change.forced_by)}" if change.forced_by else ""
            yield Finding(
                f"{change.address} would be {_PARTICIPLES[change.action]}{forced}",
                change.address,
                f"{change.consequence.words.capitalize()}.",
                f"If that is meant, repeat the command with: --allow-destroy {shlex.quote(change.address)}",
            )
    for provisioner in plan.provisioners:
        yield Finding(
            f"the plan has a provisioner at {provisioner}",
            provisioner,
            "It runs a command that no plan shows.",
            "Make a new plan from the reviewed configuration.",
        )
    for provider in plan.providers:
        if provider not in ALLOWED_PROVIDERS:
            yield Finding(
                f"the plan uses the provider {provider}",
                provider,
                "A provider is a program that runs with the deploy's credentials.",
                f"Allowed are: {', '.join(sorted(ALLOWED_PROVIDERS))}.",
            )


_PARTICIPLES = {ChangeAction.DESTROY: "deleted", ChangeAction.REPLACE: "replaced"}
