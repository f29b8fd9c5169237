"""From `terraform show -json` to a summary; only this knows that format (version 1.x)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from studyctl.domain.plan import consequences
from studyctl.domain.plan.consequences import NO_CONSEQUENCE, Consequence
from studyctl.domain.plan.model import AttributeChange, Change, ChangeAction, OutputChange, PlanSummary
from studyctl.domain.plan.values import Path, differences, forced_paths, masked
from studyctl.errors import PreflightFailed

SUPPORTED_MAJOR = "1"

_ACTIONS: Mapping[tuple[str, ...], ChangeAction] = {
    ("no-op",): ChangeAction.NO_OP,
    ("create",): ChangeAction.CREATE,
    ("read",): ChangeAction.READ,
    ("update",): ChangeAction.UPDATE,
    ("delete",): ChangeAction.DESTROY,
    ("delete", "create"): ChangeAction.REPLACE,
    ("create", "delete"): ChangeAction.REPLACE,
    ("forget",): ChangeAction.FORGET,
    ("create", "forget"): ChangeAction.CREATE,
}

_REASONS: Mapping[str, str] = {
    "replace_because_tainted": "an earlier run was interrupted while it was made",
    "replace_because_cannot_update": "AWS cannot change this in place",
    "replace_by_request": "its replacement was asked for",
    "replace_by_triggers": "what it depends on is replaced",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_wrong_repetition": "it now has count or for_each, or no longer has",
    "delete_because_count_index": "its count is lower now",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_move_target": "what it was moved to is not in the configuration",
    "read_because_config_unknown": "it depends on something not yet made",
    "read_because_dependency_pending": "it depends on something that changes",
}


def summarise(document: Mapping[str, Any]) -> PlanSummary:
    """Return the summary of a plan.

    Raises:
        PreflightFailed: the document is of a format that is not known.
    """
    version = str(document.get("format_version", ""))
    if version.split(".", maxsplit=1)[0] != SUPPORTED_MAJOR:
        raise PreflightFailed(
            f"this terraform writes plans in format {version or 'unknown'}, which is not known here",
            hint="Use the terraform version that studyctl doctor names.",
        )
    changes = _sorted(_change(raw) for raw in document.get("resource_changes", ()))
    outputs = tuple(_outputs(document.get("output_changes") or {}))
    configuration = document.get("configuration") or {}
    return PlanSummary(
        changes=changes,
        drift=_sorted(_change(raw) for raw in document.get("resource_drift", ())),
        outputs=outputs,
        provisioners=tuple(_provisioners(configuration.get("root_module") or {}, "")),
        providers=tuple(sorted(_providers(configuration.get("provider_config") or {}))),
        terraform_version=str(document.get("terraform_version", "")),
        digest=_digest(document, changes, outputs),
        is_errored=bool(document.get("errored")),
    )


def _sorted(changes: Iterator[Change]) -> tuple[Change, ...]:
    return tuple(sorted(changes, key=lambda change: (change.address, change.is_deposed)))


def _change(raw: Mapping[str, Any]) -> Change:
    change: Mapping[str, Any] = raw["change"]
    actions = tuple(change["actions"])
    action = _ACTIONS.get(actions, ChangeAction.UPDATE)
    attributes = _attributes(change) if action in (ChangeAction.UPDATE, ChangeAction.REPLACE) else ()
    return Change(
        address=str(raw["address"]),
        module=str(raw.get("module_address", "")),
        resource_type=str(raw.get("type", "")),
        action=action,
        attributes=attributes,
        reason=_REASONS.get(str(raw.get("action_reason", "")), ""),
        is_import="importing" in change,
        moved_from=str(raw.get("previous_address", "")),
        creates_first=actions == ("create", "delete"),
        is_deposed="deposed" in raw,
        consequence=_consequence(str(raw.get("type", "")), action, attributes, change),
    )


def _attributes(change: Mapping[str, Any]) -> tuple[AttributeChange, ...]:
    forced: Sequence[Path] = forced_paths(change.get("replace_paths") or ())
    return tuple(differences(change, forced))


def _consequence(
    kind: str, action: ChangeAction, attributes: Sequence[AttributeChange], change: Mapping[str, Any]
) -> Consequence:
    before, after = change.get("before"), change.get("after")
    match action:
        case ChangeAction.DESTROY | ChangeAction.REPLACE:
            return consequences.of_removal(kind, before, is_replacement=action is ChangeAction.REPLACE)
        case ChangeAction.UPDATE:
            return consequences.of_update(
                kind, dict.fromkeys(attribute.name for attribute in attributes), before, after
            )
        case _:
            return NO_CONSEQUENCE


def _outputs(raw: Mapping[str, Any]) -> Iterator[OutputChange]:
    for name, change in sorted(raw.items()):
        action = _ACTIONS.get(tuple(change.get("actions", ())), ChangeAction.UPDATE)
        if action is not ChangeAction.NO_OP:
            hidden = bool(change.get("before_sensitive")) or bool(change.get("after_sensitive"))
            yield OutputChange(name, action, hidden)


def _provisioners(module: Mapping[str, Any], prefix: str) -> Iterator[str]:
    for resource in module.get("resources", ()):
        for provisioner in resource.get("provisioners", ()):
            yield f"{prefix}{resource['address']} ({provisioner.get('type', 'unknown')})"
    for name, call in sorted(module.get("module_calls", {}).items()):
        yield from _provisioners(call.get("module") or {}, f"{prefix}module.{name}.")


def _providers(raw: Mapping[str, Any]) -> Iterator[str]:
    yield from dict.fromkeys(str(provider.get("full_name", name)) for name, provider in raw.items())


def _digest(document: Mapping[str, Any], changes: Sequence[Change], outputs: Sequence[OutputChange]) -> str:
    """Hash what would be done. Reads are left out, and sensitive values are in it only as `(sensitive)`."""
    effective = {(change.address, change.is_deposed) for change in changes if change.is_effective}
    done = sorted(
        json.dumps(
            [raw["address"], raw.get("deposed"), raw.get("previous_address"), masked(raw["change"])], sort_keys=True
        )
        for raw in document.get("resource_changes", ())
        if (raw["address"], "deposed" in raw) in effective
    )
    shown = [[output.name, output.action.value] for output in outputs]
    return hashlib.sha256(json.dumps([done, shown]).encode()).hexdigest()
