"""SQS: attributes that moto forgets.

- `SetQueueAttributes` without `Policy` wipes the policy. The provider sets policy, redrive and redrive-allow in three
  calls, each of which polls until all of its attributes are read back: a hang.
- `RedriveAllowPolicy` is never returned, and asking for it by name is an error: a hang.
- `RedrivePolicy` comes back with spaces that were not sent: a perpetual diff.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.sqs.models import Queue, SQSBackend

from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("sqs")

REDRIVE_ALLOW = "RedriveAllowPolicy"
_redrive_allow_policies: Shelf[str] = Shelf("sqs_redrive_allow_policies")


@EXTENSION.mend(SQSBackend, "create_queue")
def create_queue(
    original: Callable[..., Queue], backend: SQSBackend, name: str, *rest: Any, **attributes: Any
) -> Queue:
    """Keep the redrive-allow policy that a queue is born with."""
    redrive_allow = attributes.pop(REDRIVE_ALLOW, None)
    queue = original(backend, name, *rest, **attributes)
    if redrive_allow:
        _redrive_allow_policies.of(backend)[name] = redrive_allow
    return queue


@EXTENSION.mend(SQSBackend, "delete_queue")
def delete_queue(original: Callable[..., None], backend: SQSBackend, queue_name: str) -> None:
    """Forget the policy with its queue."""
    original(backend, queue_name)
    _redrive_allow_policies.of(backend).pop(queue_name, None)


@EXTENSION.mend(SQSBackend, "set_queue_attributes")
def set_queue_attributes(
    original: Callable[..., Queue], backend: SQSBackend, queue_name: str, attributes: dict[str, Any]
) -> Queue:
    """Change what is given and nothing else."""
    queue = backend.get_queue(queue_name)
    changes = dict(attributes)
    changes.setdefault("Policy", queue.policy)
    if REDRIVE_ALLOW in changes:
        policies = _redrive_allow_policies.of(backend)
        policy = changes.pop(REDRIVE_ALLOW)
        policies.update({queue_name: policy}) if policy else policies.pop(queue_name, None)
    return original(backend, queue_name, changes)


@EXTENSION.mend(SQSBackend, "get_queue_attributes")
def get_queue_attributes(
    original: Callable[..., dict[str, Any]], backend: SQSBackend, queue_name: str, attribute_names: list[str]
) -> dict[str, Any]:
    """Answer for the redrive-allow policy, and say JSON as it was sent."""
    names = [name for name in attribute_names if name != REDRIVE_ALLOW]
    attributes = dict(original(backend, queue_name, names))
    if attributes.get("RedrivePolicy"):
        attributes["RedrivePolicy"] = json.dumps(json.loads(attributes["RedrivePolicy"]), separators=(",", ":"))
    policy = _redrive_allow_policies.of(backend).get(queue_name)
    if policy and (REDRIVE_ALLOW in attribute_names or "All" in attribute_names):
        attributes[REDRIVE_ALLOW] = policy
    return attributes
