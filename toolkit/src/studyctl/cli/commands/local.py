"""`studyctl local up | down | status | logs`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from studyctl.cli.options import GlobalOptionsGroup

if TYPE_CHECKING:
    from rich.console import RenderableType

    from studyctl.adapters.local.stack import LocalStack
    from studyctl.domain.local.rehearsal import Rehearsal
    from studyctl.domain.monitoring.prometheus import Tempo
    from studyctl.usecases.local import Place

app = typer.Typer(
    cls=GlobalOptionsGroup,
    help="The platform on this machine: real servers and every service as processes, without containers.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

SHORTEST_SCRAPE_SECONDS = 0.5
"""Reading the metrics of every service costs something; shorter windows are not worth more."""

Only = Annotated[
    list[str] | None,
    typer.Option("--only", metavar="PART", help="a server or a service by its name; may be repeated"),
]


@app.command()
def up(
    context: typer.Context,
    only: Only = None,
    extras: Annotated[
        list[str] | None, typer.Option("--with", metavar="EXTRA", help="monitoring: Prometheus and Alertmanager")
    ] = None,
    window_scale: Annotated[
        float, typer.Option("--window-scale", help="how long a minute of an alert's window is", min=0.001, max=1)
    ] = 1.0,
    scrape_seconds: Annotated[
        float | None,
        typer.Option("--scrape-seconds", help="how often metrics are read; default: 5, scaled too", min=0.5, max=60),
    ] = None,
    faults: Annotated[
        list[str] | None,
        typer.Option("--fault", metavar="PART:FAULT", help="let a part fail, such as api:5xx=0.5; repeatable"),
    ] = None,
    vector_volume_mib: Annotated[
        int | None, typer.Option("--vector-volume-mib", help="the vector database may keep no more than this", min=1)
    ] = None,
) -> None:
    """Start servers and services and say where they are; what runs with the same settings and code is left alone."""
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.local.parts import BALANCER  # noqa: PLC0415
    from studyctl.domain.local.rehearsal import Rehearsal, parse_faults  # noqa: PLC0415
    from studyctl.usecases import local as usecase  # noqa: PLC0415

    console = console_of(context)
    rehearsal = Rehearsal(
        parse_faults(faults or ()), None if vector_volume_mib is None else vector_volume_mib * 1024 * 1024
    )
    stack = _stack(_tempo(window_scale, scrape_seconds), rehearsal)
    places = usecase.up(stack, only=only or (), extras=extras or (), tell=console.say)
    console.data(_as_json(places), _table(places))
    front = next((place.url for place in places if place.part.name == BALANCER), None)
    if front is not None:
        console.say(f"The platform is at {front}", style="bold green")


@app.command()
def down(
    context: typer.Context,
    only: Only = None,
    erase: Annotated[bool, typer.Option("--erase", help="also remove what they kept: data, logs, ports")] = False,
) -> None:
    """Stop servers and services. Data stay, except those of the object store."""
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases import local as usecase  # noqa: PLC0415

    stopped = [part.name for part in usecase.down(_stack(), only=only or (), erase=erase)]
    words = f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running"
    console_of(context).data({"stopped": stopped, "erased": erase}, words)


@app.command()
def status(context: typer.Context, only: Only = None) -> None:
    """Show what runs, and where."""
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.usecases import local as usecase  # noqa: PLC0415

    places = usecase.look(_stack(), only=only or ())
    console_of(context).data(_as_json(places), _table(places))


@app.command()
def logs(
    context: typer.Context,
    only: Only = None,
    lines: Annotated[int, typer.Option("--lines", "-n", help="how many of the last lines of each", min=1)] = 20,
) -> None:
    """Print the end of each log."""
    from studyctl.cli.session import console_of  # noqa: PLC0415
    from studyctl.domain.local import parts  # noqa: PLC0415

    stack = _stack()
    tails = {part.name: stack.last_lines(part, lines) for part in parts.chosen(only or ())}
    shown = [f"{name} | {line}" for name, tail in tails.items() for line in tail]
    console_of(context).data(tails, "\n".join(shown) or "Nothing has been logged yet")


def _stack(tempo: Tempo | None = None, rehearsal: Rehearsal | None = None) -> LocalStack:
    from studyctl import wiring  # noqa: PLC0415
    from studyctl.adapters.local.stack import LocalStack  # noqa: PLC0415
    from studyctl.domain.local.rehearsal import Rehearsal  # noqa: PLC0415

    repository = wiring.find_repository()
    return LocalStack(
        repository / wiring.BUILD / "local",
        repository=repository,
        tempo=tempo or _tempo(),
        rehearsal=rehearsal or Rehearsal(),
    )


def _tempo(window_scale: float = 1.0, scrape_seconds: float | None = None) -> Tempo:
    from studyctl.adapters.local.stack import SCRAPE_SECONDS  # noqa: PLC0415
    from studyctl.domain.monitoring.prometheus import Tempo  # noqa: PLC0415

    return Tempo(window_scale, scrape_seconds or max(SCRAPE_SECONDS * window_scale, SHORTEST_SCRAPE_SECONDS))


def _as_json(places: Sequence[Place]) -> list[dict[str, object]]:
    return [
        {"name": p.part.name, "state": p.state, "pid": p.pid, "url": p.url or None, "log": p.log or None}
        for p in places
    ]


def _table(places: Sequence[Place]) -> RenderableType:
    from studyctl.cli.console import table  # noqa: PLC0415

    rows = [(p.part.name, p.state, p.url, str(p.pid or ""), p.part.what) for p in places]
    return table(("part", "", "where", "process", "what"), rows)
