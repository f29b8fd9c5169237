"""`studyctl iam`: who may do what, and whether it is what they need."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.commands.deploy import EnvironmentName
from studyctl.errors import Refused, UsageError

if TYPE_CHECKING:
    from studyctl.usecases.iam_diff import Change, Holder

app = typer.Typer(no_args_is_help=True, help="Least privilege: generate, prove, explain, compare and draw policies.")

PlanFile = Annotated[
    Path | None,
    typer.Option(help="a plan that `plan --out` kept, or terraform's JSON of one; default: a new plan"),
]


@app.command()
def generate(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="write nothing; exit 3 when a file is not current")] = False,
) -> None:
    """Write the least policy of every contract to iam-policies/generated, as templates for terraform."""
    from studyctl.adapters.contract_files import (  # noqa: PLC0415
        find_repository,
        outdated,
        read_command_contracts,
        read_contracts,
        read_contracts_of_each_command,
        write_generated,
    )
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.policy.capabilities.commands import whole  # noqa: PLC0415
    from studyctl.usecases.iam import generated  # noqa: PLC0415

    repository = find_repository(Path.cwd())
    found = read_contracts(repository)
    each = read_contracts_of_each_command(repository)
    commands = (*read_command_contracts(repository), *(whole(one, each) for one in each.values()))
    wanted = generated(found.contracts, found.kinds, commands)
    names = outdated(repository, wanted)
    console = console_of(context)
    if check and names:
        raise Refused(
            f"{len(names)} generated policies are not current",
            why="\n".join(names),
            hint="Write them anew with: studyctl iam generate",
        )
    if not check:
        write_generated(repository, wanted, names)
    console.data({"policies": sorted(wanted), "changed": list(names)}, "\n".join(names) or None)
    console.say(f"{len(wanted)} policies are generated, {len(names)} of them changed")


@app.command()
def prove(
    context: typer.Context,
    environment: EnvironmentName,
    plan: PlanFile = None,
    calls: Annotated[
        Path | None,
        typer.Option(help="calls that were recorded, a line of JSON each: they must be allowed, and need every grant"),
    ] = None,
    run: Annotated[
        bool,
        typer.Option(
            "--run",
            help="smoke-test what is deployed on the emulator, which records every call: they must be allowed, "
            "and need every grant",
        ),
    ] = False,
) -> None:
    """Prove that every role of an environment holds what its contracts need, and nothing else."""
    from studyctl.adapters.contract_files import find_repository, read_contracts, read_unrecorded  # noqa: PLC0415
    from studyctl.adapters.recorded_calls import read_calls  # noqa: PLC0415
    from studyctl.cli.iam_run import recorded_run  # noqa: PLC0415
    from studyctl.cli.iam_text import proof_summary, proof_table, proof_value  # noqa: PLC0415
    from studyctl.cli.planned import planned_document  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases import iam as usecase  # noqa: PLC0415

    if run and calls:
        raise UsageError("--run and --calls are two recordings", hint="Name one of them.")
    repository = find_repository(Path.cwd())
    found, unrecorded = read_contracts(repository), read_unrecorded(repository)
    recording: usecase.Recording = read_calls(calls) if calls else {}
    document = planned_document(context, environment, plan)
    if run:
        recording = recorded_run(context, environment, usecase.role_names(document))
    proof = usecase.prove(document, found.contracts, found.kinds, recording, unrecorded)
    console = console_of(context)
    console.data(proof_value(proof), proof_table(proof))
    console.say(proof_summary(proof), style="bold")
    proof.enforce(is_told=not console.options.as_json)


@app.command()
def explain(
    context: typer.Context,
    environment: EnvironmentName,
    role: Annotated[str, typer.Argument(help="its name, the end of it, or its address", show_default=False)],
    action: Annotated[str, typer.Argument(help="as in a policy: s3:GetObject", show_default=False)],
    resource: Annotated[
        str, typer.Argument(help="an ARN, or an address in the plan; default: whatever a statement names")
    ] = "",
    plan: PlanFile = None,
) -> None:
    """Say whether a role may do something, and by which statement, or what stands in the way."""
    from studyctl.cli.iam_text import explanation_text  # noqa: PLC0415
    from studyctl.cli.planned import planned_document  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases import iam_explain as usecase  # noqa: PLC0415

    answers = usecase.explain(planned_document(context, environment, plan), role, action, resource)
    console_of(context).data([answer.to_json() for answer in answers], explanation_text(answers))


@app.command()
def diff(
    context: typer.Context,
    before: Annotated[Path, typer.Argument(help="a policy, or a plan as terraform's JSON", show_default=False)],
    after: Annotated[
        Path | None, typer.Argument(help="another one of the same sort; default: what the plan itself changes")
    ] = None,
) -> None:
    """Say which permissions a change adds and which it removes."""
    from studyctl.cli.session import console_of  # noqa: PLC0415

    found = _changes(before, after)
    lines = [line for change in found for line in change.lines]
    console = console_of(context)
    console.data([change.to_json() for change in found], "\n".join(lines) or "no permission is added or removed")
    added = sum(len(change.added) for change in found)
    removed = sum(len(change.removed) for change in found)
    unknown = sum(len(change.unknown) for change in found)
    doubt = f"; {unknown} {'policy is' if unknown == 1 else 'policies are'} not known" if unknown else ""
    console.say(f"{added} permission{'' if added == 1 else 's'} added, {removed} removed{doubt}")


@app.command()
def graph(
    context: typer.Context,
    environment: EnvironmentName,
    out: Annotated[Path | None, typer.Option(help="write it here instead of to stdout")] = None,
    plan: PlanFile = None,
) -> None:
    """Draw who becomes which role, and what each role may use."""
    from studyctl.cli.planned import planned_document  # noqa: PLC0415
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.policy.graph.graph import graph_of  # noqa: PLC0415
    from studyctl.usecases.iam_picture import edges_value, picture  # noqa: PLC0415

    found = graph_of(planned_document(context, environment, plan))
    console = console_of(context)
    text = picture(found, environment)
    if out is None:
        console.data(edges_value(found), text)
        return
    try:
        out.write_text(text, "utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"{out} cannot be written ({error.strerror})", hint="Name a file in a folder that is there: --out FILE"
        ) from error
    console.say(f"the roles of {environment} are drawn in {out}")


def _changes(before: Path, after: Path | None) -> tuple[Change, ...]:
    from studyctl.cli.planned import read_json  # noqa: PLC0415
    from studyctl.usecases.iam_diff import changes, changes_of_plan  # noqa: PLC0415

    if after is None:
        document = read_json(before)
        if "planned_values" not in document:
            raise UsageError(f"{before} is a policy and not a plan", hint="Name a second policy to compare it with.")
        return changes_of_plan(document)
    old, was_plan = _holders(before)
    new, is_plan = _holders(after)
    if was_plan is not is_plan:
        raise UsageError(f"{before} and {after} are not of the same sort", hint="Compare two policies, or two plans.")
    return changes(old, new)


def _holders(path: Path) -> tuple[tuple[Holder, ...], bool]:
    """Return who holds what by a file, and whether it is a plan."""
    from studyctl.cli.planned import content_of, read_json  # noqa: PLC0415
    from studyctl.usecases.iam_diff import holder_of_policy, holders_of_plan  # noqa: PLC0415

    content = content_of(path)
    if content.startswith(b"PK"):  # an archive, as terraform keeps plans
        raise UsageError(f"{path} is not JSON", hint="Show a plan as JSON with: terraform show -json PLAN > plan.json")
    if b'"planned_values"' in content:
        return holders_of_plan(read_json(path)), True
    return (holder_of_policy(content, str(path)),), False
