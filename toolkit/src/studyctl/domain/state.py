"""What a terraform state names: addresses, identities and taints, and nothing of the values in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUPPORTED_VERSION = 4


@dataclass(frozen=True, slots=True)
class Instance:
    """One managed resource as the state has it. `resource_id` is empty where it has no `id`."""

    address: str
    resource_id: str
    is_tainted: bool = False


@dataclass(frozen=True, slots=True)
class StateSnapshot:
    """One version of a state. `digest` is equal for states that say the same, whatever their serial."""

    serial: int
    lineage: str
    instances: Mapping[str, Instance]
    digest: str

    @property
    def tainted(self) -> tuple[str, ...]:
        """What the next apply would replace because an earlier one was interrupted."""
        return tuple(sorted(address for address, instance in self.instances.items() if instance.is_tainted))


@dataclass(frozen=True, slots=True)
class UnsavedState:
    """A state that terraform could not store. `is_certain` tells one in a run's own folder from one found elsewhere."""

    path: Path
    state: StateSnapshot
    is_certain: bool = True


def parse_state(text: str | bytes) -> StateSnapshot:
    """Read terraform's state format.

    Raises:
        ValueError: it is not a state of the version that is known.
    """
    document = json.loads(text)
    if not isinstance(document, dict) or document.get("version") != SUPPORTED_VERSION:
        raise ValueError(f"it is not a terraform state of version {SUPPORTED_VERSION}")
    try:
        instances = {instance.address: instance for instance in _instances(document["resources"])}
        said = [document["lineage"], document["resources"], document.get("outputs")]
        return StateSnapshot(
            serial=int(document["serial"]),
            lineage=str(document["lineage"]),
            instances=instances,
            digest=hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest(),
        )
    except (KeyError, TypeError, AttributeError) as missing:
        raise ValueError("fields of a state are missing") from missing


def _instances(resources: list[Mapping[str, Any]]) -> Iterator[Instance]:
    for resource in resources:
        if resource["mode"] != "managed":
            continue
        place = f"{resource['module']}." if resource.get("module") else ""
        for instance in resource["instances"]:
            if instance.get("deposed"):
                continue
            yield Instance(
                address=f"{place}{resource['type']}.{resource['name']}{_key(instance.get('index_key'))}",
                resource_id=_text((instance.get("attributes") or {}).get("id")),
                is_tainted=instance.get("status") == "tainted",
            )


def _key(key: object) -> str:
    """Write an instance key as terraform writes it in addresses."""
    if key is None:
        return ""
    if isinstance(key, str):
        quoted = json.dumps(key, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")
        return f"[{quoted}]"
    return f"[{key}]"


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
