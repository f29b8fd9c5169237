"""`studyctl bootstrap`."""

from __future__ import annotations

import typer

from studyctl.cli.commands.deploy import EnvironmentName


def bootstrap(context: typer.Context, environment: EnvironmentName) -> None:
    """Prepare an account once: the bucket and the key that state lives in, guards, and roles for the pipeline."""
    from studyctl.cli import plan_text  # noqa: PLC0415
    from studyctl.cli.lint_text import summed  # noqa: PLC0415
    from studyctl.cli.narrator import Narrator  # noqa: PLC0415
    from studyctl.cli.session import open_site  # noqa: PLC0415
    from studyctl.domain.run import new_run_id  # noqa: PLC0415
    from studyctl.usecases import bootstrap as usecase  # noqa: PLC0415
    from studyctl.usecases.plan import JudgedPlan  # noqa: PLC0415
    from studyctl.wiring_lint import gate_of  # noqa: PLC0415

    console, site = open_site(context, environment)
    account_id = site.connection.account_id

    def confirm(plan: JudgedPlan) -> None:
        console.show(plan_text.render(plan.summary, verbose=True))
        if site.connection.is_real:
            console.confirm(
                f"Prepare account {account_id}: {plan_text.counted(plan.summary)}?",
                rerun=f"studyctl bootstrap {environment} --yes",
            )

    outcome = usecase.bootstrap(
        site.environment,
        account_id,
        site.bootstrap_workspace,
        new_run_id(),
        site.bootstrap_ports(
            gate_of(site.repository, lambda report: console.say(f"          {summed(report)}")),
            say=console.say,
            on_event=Narrator(console, site).on_event(),
            confirm=confirm,
        ),
        residents=site.residents,
        pipeline=site.pipeline,
    )
    console.data(
        {
            "bucket": outcome.bucket,
            "state": outcome.state,
            "has_moved": outcome.has_moved,
            "changed": outcome.changed,
            "resources": outcome.resources,
            "role_arns": dict(outcome.role_arns),
        },
        f"Account {account_id} is ready: state goes to s3://{outcome.bucket}, its own is {outcome.state}",
    )
    for name, arn in sorted(outcome.role_arns.items()):
        console.say(f"{name}: {arn}")
    if not outcome.role_arns:
        console.say("No roles for a pipeline: infra/pipeline.yaml names no repository")
