"""Several plans at once, as many as the memory of this machine holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from studyctl.adapters.memory import available_mib
from studyctl.adapters.plan_store import write_manifest
from studyctl.cli.console import Console
from studyctl.cli.narrator import Narrator
from studyctl.cli.permissions_text import show_permissions
from studyctl.cli.plan_text import render
from studyctl.cli.session import open_site, preparing
from studyctl.domain.parallelism import plans_at_once
from studyctl.domain.plan_manifest import PlanManifest
from studyctl.domain.run import new_run_id
from studyctl.usecases.plan import JudgedPlan, PlanRequest, make_plan

if TYPE_CHECKING:
    from studyctl.wiring import Site


def plan_all(
    context: typer.Context, names: list[str], request: PlanRequest, out: Path | None
) -> tuple[Console, dict[str, JudgedPlan]]:
    """Plan every environment; each plan is shown when it is there, the results come in the order of `names`.

    Every environment is opened and prepared before the first is planned, so that bad input stops all of them.
    """
    sites: dict[str, Site] = {}
    console, first = open_site(context, names[0])
    sites[names[0]] = first
    for name in names[1:]:
        _, sites[name] = open_site(context, name, interrupts=first.interrupts)

    def plan_one(name: str) -> JudgedPlan:
        site = sites[name]
        run_id = new_run_id()
        target = out.resolve() if out else site.workspace.run_dir(run_id) / "plan.tfplan"
        judged = make_plan(
            site.terraform,
            site.workspace,
            run_id,
            request,
            out=target,
            on_event=Narrator(console, site).on_event() if len(names) == 1 else None,
        )
        if out is None:
            site.terraform.discard(judged.file)
        else:
            write_manifest(target, _manifest(site, judged))
        return judged

    results: dict[str, JudgedPlan] = {}
    with ExitStack() as stack:
        stack.enter_context(first.terraform.interrupts)  # one Ctrl-C stops all of them
        for site in sites.values():
            stack.enter_context(preparing(site, console))
            site.render()
        pool = stack.enter_context(ThreadPoolExecutor(plans_at_once(len(names), available_mib())))
        for name, judged in zip(names, pool.map(plan_one, names), strict=True):
            results[name] = judged
            console.say(f"{name}:", style="bold")
            console.show(render(judged.summary, verbose=console.options.verbose))
            show_permissions(console, judged.document)
    return console, results


def _manifest(site: Site, judged: JudgedPlan) -> PlanManifest:
    state = site.bucket.state_version()
    return PlanManifest(
        environment=site.environment.name,
        account_id=site.connection.account_id,
        region=site.connection.region,
        boot_id=site.connection.boot_id,
        sha256=judged.file.sha256,
        size_bytes=judged.file.size_bytes,
        digest=judged.summary.digest,
        has_changes=judged.has_changes,
        state_serial=state.serial if state else None,
        state_lineage=state.lineage if state else None,
        commit=site.identity().commit,
        created_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
