"""What is counted in logs and asked of them. Rows of monitoring/log_counts.yaml and log_queries.yaml."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from studyctl.domain.monitoring.alerts import Name, Row, Text


class LogCount(Row):
    """One row of monitoring/log_counts.yaml."""

    name: Name
    summary: Text
    pattern: Annotated[str, StringConstraints(pattern=r"^\{ .* \}$", max_length=1024)]
    """CloudWatch's limit. A pattern in braces is about fields of JSON."""

    @property
    def metric(self) -> str:
        """The metric that counts the lines."""
        return f"study_{self.name.replace('-', '_')}_total"


class LogQuery(Row):
    """One row of monitoring/log_queries.yaml."""

    name: Name
    summary: Text
    query: Annotated[str, Field(min_length=1, max_length=10_000)]
    """CloudWatch's limit."""
