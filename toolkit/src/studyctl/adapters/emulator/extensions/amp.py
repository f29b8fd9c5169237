"""Managed Prometheus: who is told of alerts, and how long metrics are kept.

- Absent: `Create|Describe|Put|DeleteAlertManagerDefinition`, without which no routes can be deployed;
  `Describe|UpdateWorkspaceConfiguration`, which the provider calls for the retention.
- `CreateWorkspace` forgets the key that it names, so the next plan would make the workspace anew.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.amp.models import PrometheusServiceBackend
from moto.amp.responses import PrometheusServiceResponse
from moto.amp.urls import url_paths
from moto.core.utils import unix_time

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("amp")
DEFAULT_RETENTION_DAYS = 150
ACTIVE = {"statusCode": "ACTIVE"}

_definitions: Shelf[dict[str, Any]] = Shelf("alert_manager_definitions")
_keys: Shelf[str] = Shelf("workspace_keys")
_configurations: Shelf[dict[str, Any]] = Shelf("workspace_configurations")

for path in ("alertmanager/definition", "configuration"):
    EXTENSION.route(url_paths, f"{{0}}/workspaces/(?P<workspace_id>[^/]+)/{path}$", PrometheusServiceResponse.dispatch)


@EXTENSION.mend(PrometheusServiceResponse, "create_workspace")
def create_workspace(original: Callable[[PrometheusServiceResponse], str], response: PrometheusServiceResponse) -> str:
    """Keep the key."""
    answer = original(response)
    if key := response._get_param("kmsKeyArn"):
        _keys.of(response.amp_backend)[json.loads(answer)["workspaceId"]] = key
    return answer


@EXTENSION.mend(PrometheusServiceResponse, "describe_workspace")
def describe_workspace(
    original: Callable[[PrometheusServiceResponse], str], response: PrometheusServiceResponse
) -> str:
    """A workspace and its key."""
    answer = json.loads(original(response))
    if key := _keys.of(response.amp_backend).get(answer["workspace"]["workspaceId"]):
        answer["workspace"]["kmsKeyArn"] = key
    return json.dumps(answer)


@EXTENSION.operation(PrometheusServiceResponse)
def create_alert_manager_definition(response: PrometheusServiceResponse) -> str:
    """Keep a definition."""
    workspace, now = _workspace(response), unix_time()
    kept = _definitions.of(response.amp_backend)
    if workspace in kept:
        raise AwsError("ConflictException", f"Workspace {workspace} has an alert manager definition already")
    kept[workspace] = {"data": response._get_param("data"), "createdAt": now, "modifiedAt": now, "status": ACTIVE}
    return json.dumps({"status": ACTIVE})


@EXTENSION.operation(PrometheusServiceResponse)
def describe_alert_manager_definition(response: PrometheusServiceResponse) -> str:
    """The definition of one workspace."""
    return json.dumps({"alertManagerDefinition": _definition(response)})


@EXTENSION.operation(PrometheusServiceResponse)
def put_alert_manager_definition(response: PrometheusServiceResponse) -> str:
    """Replace a definition."""
    _definition(response).update({"data": response._get_param("data"), "modifiedAt": unix_time()})
    return json.dumps({"status": ACTIVE})


@EXTENSION.operation(PrometheusServiceResponse)
def delete_alert_manager_definition(response: PrometheusServiceResponse) -> str:
    """Forget a definition."""
    _definition(response)
    del _definitions.of(response.amp_backend)[_workspace(response)]
    return "{}"


@EXTENSION.operation(PrometheusServiceResponse)
def describe_workspace_configuration(response: PrometheusServiceResponse) -> str:
    """How long the metrics of a workspace are kept, and its limits by label set."""
    return json.dumps({"workspaceConfiguration": _configuration(response)})


@EXTENSION.operation(PrometheusServiceResponse)
def update_workspace_configuration(response: PrometheusServiceResponse) -> str:
    """Change what is given."""
    configuration = _configuration(response)
    for field in ("retentionPeriodInDays", "limitsPerLabelSet"):
        value = response._get_param(field)
        if value is not None:
            configuration[field] = value
    return json.dumps({"status": ACTIVE})


def _workspace(response: PrometheusServiceResponse) -> str:
    """The workspace that a request is about; moto refuses one that it does not know."""
    backend: PrometheusServiceBackend = response.amp_backend
    return str(backend.describe_workspace(response.path.split("/")[2]).workspace_id)


def _definition(response: PrometheusServiceResponse) -> dict[str, Any]:
    kept = _definitions.of(response.amp_backend)
    workspace = _workspace(response)
    if workspace not in kept:
        raise AwsError("ResourceNotFoundException", f"Workspace {workspace} has no alert manager definition")
    return kept[workspace]


def _configuration(response: PrometheusServiceResponse) -> dict[str, Any]:
    default = {"retentionPeriodInDays": DEFAULT_RETENTION_DAYS, "limitsPerLabelSet": [], "status": ACTIVE}
    return _configurations.of(response.amp_backend).setdefault(_workspace(response), default)
