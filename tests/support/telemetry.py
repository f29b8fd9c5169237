"""Turns on what `telemetry` of an environment file offers."""

from __future__ import annotations

from pathlib import Path

OFF = """
  collector: null
  managed_prometheus: null
  managed_grafana: null
  exporters: {}
"""
ON = """
  collector: { trace_percent: 100 }
  managed_prometheus: { retention_days: 30 }
  managed_grafana: null
  exporters:
    sentry: { endpoint: https://o1.ingest.sentry.io/api/2/integration/otlp }
    new_relic: { region: eu }
    datadog: { site: datadoghq.eu }
"""
GRAFANA = "managed_grafana: { admin_group_ids: [01234567-89ab-cdef-0123-456789abcdef] }"


def turn_on_telemetry(file: Path, *, with_grafana: bool) -> None:
    """Let an environment file ask for all of it. Grafana is what the emulator refuses to make."""
    text = file.read_text("utf-8")
    assert text.count(OFF) == 1, f"{file.name} no longer turns everything off as {OFF!r}"
    asked = ON.replace("managed_grafana: null", GRAFANA) if with_grafana else ON
    file.write_text(text.replace(OFF, asked), "utf-8")
