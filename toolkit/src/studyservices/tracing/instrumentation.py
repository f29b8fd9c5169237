"""What makes spans in this process, how many of them, under which name, and where they go."""

from __future__ import annotations

import logging

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.httpx import HTTPXClientInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.instrumentation.redis import RedisInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

from studyruntime.config import Settings
from studyservices.tracing.delivery import DiscreetExporter
from studyservices.tracing.sampling import OnlyWithinWork, sampler_of

EXPORT_TIMEOUT_SECONDS = 3.0
"""One batch, with all attempts. The collector is on the loopback address: it answers at once or is not there."""
OWN_WORDS = ("opentelemetry.exporter", "opentelemetry.sdk")
"""What these log of each batch that is not taken; `DiscreetExporter` says it once."""


def instrument(settings: Settings) -> TracerProvider:
    """Trace from now on: calls of PostgreSQL, Redis, Qdrant and models, and whatever asks for a tracer."""
    for name in OWN_WORDS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    service = settings.service
    provider = TracerProvider(
        sampler=OnlyWithinWork(sampler_of(settings.traces)),
        resource=Resource.create(
            {
                "service.name": service.name,
                "service.version": service.version,
                "deployment.environment.name": settings.deployment_environment,
            }
        ),
        shutdown_on_exit=False,
    )
    exporter = OTLPSpanExporter(f"{settings.traces.endpoint}/v1/traces", timeout=EXPORT_TIMEOUT_SECONDS)
    provider.add_span_processor(BatchSpanProcessor(DiscreetExporter(exporter)))
    trace.set_tracer_provider(provider)
    for instrumentor in (PsycopgInstrumentor(), RedisInstrumentor(), HTTPXClientInstrumentor()):
        instrumentor.instrument(tracer_provider=provider)
    return provider
