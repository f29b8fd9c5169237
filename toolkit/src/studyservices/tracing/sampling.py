"""Which spans are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opentelemetry import trace
from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    Decision,
    ParentBasedTraceIdRatio,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from studyruntime.config import TracesSampler, TracesSettings

_SAMPLERS: Mapping[TracesSampler, Callable[[float], Sampler]] = {
    TracesSampler.ALWAYS_ON: lambda _: ALWAYS_ON,
    TracesSampler.ALWAYS_OFF: lambda _: ALWAYS_OFF,
    TracesSampler.RATIO: TraceIdRatioBased,
    TracesSampler.PARENT_OR_ALWAYS_ON: lambda _: DEFAULT_ON,
    TracesSampler.PARENT_OR_ALWAYS_OFF: lambda _: DEFAULT_OFF,
    TracesSampler.PARENT_OR_RATIO: ParentBasedTraceIdRatio,
}


def sampler_of(settings: TracesSettings) -> Sampler:
    """The sampler that OTEL_TRACES_SAMPLER names.

    The SDK reads the variable too, but only from the environment itself, and a wrong one as if it were not there.
    """
    return _SAMPLERS[settings.sampler](settings.sampler_ratio)


class OnlyWithinWork(Sampler):
    """A call to another server is told as a part of a request or task, never by itself.

    By itself it is a health check, a poll of the outbox or a purge: without end, and of no interest to anyone.
    """

    def __init__(self, within: Sampler) -> None:
        self._within = within

    def should_sample(  # noqa: PLR0917 - the SDK's own signature
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """See `Sampler.should_sample`."""
        if kind is SpanKind.CLIENT and not trace.get_current_span(parent_context).get_span_context().is_valid:
            return SamplingResult(Decision.DROP)
        return self._within.should_sample(parent_context, trace_id, name, kind, attributes, links, trace_state)

    def get_description(self) -> str:
        """See `Sampler.get_description`."""
        return f"OnlyWithinWork{{{self._within.get_description()}}}"
