"""The rules and routes of Prometheus as files that terraform hands to Amazon Managed Prometheus."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from ruamel.yaml import YAML

from studyctl.domain.monitoring.alertmanager import CRITICAL, ON_CALL, WARNING, configuration
from studyctl.domain.monitoring.prometheus import Tempo, rule_file
from studyctl.domain.monitoring.watch import Watch

SCRAPE_SECONDS = 30.0
"""As terraform/service tells its collectors."""
TOPICS = {name: f"${{topics.{name}}}" for name in (CRITICAL, WARNING, ON_CALL)}
HEAD = "# Written from monitoring/*.yaml by `make docs`.\n"


def prometheus_files(watch: Watch) -> Iterator[tuple[str, str]]:
    """The rules, and the routes with and without somebody on call: templates of the topics' ARNs and the region."""
    yield "rules.yaml", _yaml(rule_file(watch, Tempo(scrape_seconds=SCRAPE_SECONDS)))
    for name, has_on_call in (("routes", False), ("routes_with_on_call", True)):
        routes = configuration(watch, has_on_call=has_on_call, topics=TOPICS, region="${region}")
        yield f"{name}.yaml.tftpl", _yaml(routes)


def _yaml(document: dict[str, Any]) -> str:
    writer, text = YAML(typ="safe", pure=True), io.StringIO()
    writer.default_flow_style = False
    writer.width = 1_000
    writer.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # declared None, read as a bool
    writer.dump(document, text)
    return HEAD + text.getvalue()
