"""Several plans at once, as many as the memory of this machine holds."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from studyctl.adapters.memory import available_mib
from studyctl.adapters.plan_store import SealedPlan, save_plan
from studyctl.cli.console import Console
from studyctl.cli.narrator import Narrator
from studyctl.cli.permissions_text import show_permissions
from studyctl.cli.plan_text import render
from studyctl.cli.runner_files import set_output
from studyctl.cli.session import open_site, preparing
from studyctl.domain.parallelism import plans_at_once
from studyctl.domain.plan_manifest import LIFETIME, Circumstances, PlanManifest
from studyctl.domain.run import new_run_id
from studyctl.usecases.plan import JudgedPlan, PlanRequest, make_plan
from studyctl.wiring_plans import circumstances_of, keys_of

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
        circumstances = circumstances_of(site) if out else None  # before: what happens meanwhile makes it stale
        judged = make_plan(
            site.terraform,
            site.workspace,
            run_id,
            request,
            out=site.workspace.run_dir(run_id) / "plan.tfplan",
            on_event=Narrator(console, site).on_event() if len(names) == 1 else None,
        )
        try:
            if out is not None and circumstances is not None:
                sealed = _save(site, judged, circumstances, out)
                set_output(seal=sealed.fingerprint, has_changes=str(judged.has_changes).lower())
                console.say(f"{name}: kept in {out} until {sealed.manifest.expires_at}; its seal: {sealed.fingerprint}")
        finally:
            site.terraform.discard(judged.file)
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


def _save(site: Site, judged: JudgedPlan, circumstances: Circumstances, out: Path) -> SealedPlan:
    now = datetime.now(UTC)
    manifest = PlanManifest(
        made_for=circumstances,
        sha256=judged.file.sha256,
        size_bytes=judged.file.size_bytes,
        change_set=judged.change_set,
        has_changes=judged.has_changes,
        created_at=now.isoformat(timespec="seconds"),
        expires_at=(now + LIFETIME).isoformat(timespec="seconds"),
    )
    return save_plan(judged.file.path, out.resolve(), manifest, keys_of(site))
