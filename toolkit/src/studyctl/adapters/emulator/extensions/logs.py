"""CloudWatch Logs: a group that is deleted takes its tags along.

- `DeleteLogGroup` keeps them, and a later group of the same name inherits them: a perpetual diff.
"""

from __future__ import annotations

from collections.abc import Callable

from moto.logs.models import LogsBackend

from studyctl.adapters.emulator.extensions.registry import Extension

EXTENSION = Extension("logs")


@EXTENSION.mend(LogsBackend, "delete_log_group")
def delete_log_group(original: Callable[..., None], backend: LogsBackend, log_group_name: str) -> None:
    """Delete the tags as well."""
    group = backend.groups.get(log_group_name)
    original(backend, log_group_name)
    if group is not None:
        backend.tagger.delete_all_tags_for_resource(group.arn)
