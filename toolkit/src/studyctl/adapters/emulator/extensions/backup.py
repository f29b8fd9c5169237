"""Backup: what a plan selects, and who may use a vault.

- Absent: `Put|Get|DeleteBackupVaultAccessPolicy`, `Create|Get|Delete|ListBackupSelections`,
  `ListRecoveryPointsByBackupVault` (the provider empties a vault before it deletes it).
- `ListTags` reads the wrong part of the path and finds no tags: a perpetual diff.

No backup is ever taken or copied.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.responses import BackupResponse
from moto.core.responses import ActionResult, EmptyResult
from moto.core.utils import utcnow

from studyctl.adapters.emulator.extensions.errors import AwsError
from studyctl.adapters.emulator.extensions.registry import Extension, Shelf

EXTENSION = Extension("backup")

_policies: Shelf[str] = Shelf("backup_vault_policies")
_selections: Shelf[dict[str, Any]] = Shelf("backup_selections")

EXTENSION.route(urls.url_paths, "{0}/backup-vaults/(?P<name>[^/]+)/access-policy$", urls.response.dispatch)

EXTENSION.route(urls.url_paths, "{0}/backup-vaults/(?P<name>[^/]+)/recovery-points/$", urls.response.dispatch)


def _segments(response: BackupResponse) -> list[str]:
    """The parts of the path, each decoded: an ARN is one part."""
    return [unquote(part) for part in response.raw_path.strip("/").split("/")]


def _not_found(what: str) -> AwsError:
    return AwsError("ResourceNotFoundException", f"{what} does not exist")


@EXTENSION.operation(BackupResponse)
def put_backup_vault_access_policy(response: BackupResponse) -> ActionResult:
    """Keep the policy of a vault."""
    _policies.of(response.backup_backend)[_segments(response)[1]] = json.loads(response.body)["Policy"]
    return EmptyResult()


@EXTENSION.operation(BackupResponse)
def get_backup_vault_access_policy(response: BackupResponse) -> ActionResult:
    """The policy of a vault."""
    name = _segments(response)[1]
    policy = _policies.of(response.backup_backend).get(name)
    if policy is None:
        raise _not_found(f"The access policy of backup vault {name}")
    arn = f"arn:{response.partition}:backup:{response.region}:{response.current_account}:backup-vault:{name}"
    return ActionResult({"BackupVaultName": name, "BackupVaultArn": arn, "Policy": policy})


@EXTENSION.operation(BackupResponse)
def delete_backup_vault_access_policy(response: BackupResponse) -> ActionResult:
    """Forget the policy of a vault."""
    _policies.of(response.backup_backend).pop(_segments(response)[1], None)
    return EmptyResult()


@EXTENSION.operation(BackupResponse)
def create_backup_selection(response: BackupResponse) -> ActionResult:
    """Keep what a plan is for."""
    plan, selection = _segments(response)[2], str(uuid.uuid4())
    kept = {
        "SelectionId": selection,
        "BackupPlanId": plan,
        "CreationDate": utcnow(),
        "BackupSelection": json.loads(response.body)["BackupSelection"],
    }
    _selections.of(response.backup_backend)[selection] = kept
    return ActionResult(kept)


@EXTENSION.operation(BackupResponse)
def get_backup_selection(response: BackupResponse) -> ActionResult:
    """One selection of a plan."""
    identifier = _segments(response)[4]
    selection = _selections.of(response.backup_backend).get(identifier)
    if selection is None:
        raise _not_found(f"Backup selection {identifier}")
    return ActionResult(selection)


@EXTENSION.operation(BackupResponse)
def list_backup_selections(response: BackupResponse) -> ActionResult:
    """The selections of a plan."""
    plan = _segments(response)[2]
    selections = [each for each in _selections.of(response.backup_backend).values() if each["BackupPlanId"] == plan]
    rows = [{**each, "SelectionName": each["BackupSelection"]["SelectionName"]} for each in selections]
    return ActionResult({"BackupSelectionsList": rows})


@EXTENSION.operation(BackupResponse)
def delete_backup_selection(response: BackupResponse) -> ActionResult:
    """Forget a selection."""
    _selections.of(response.backup_backend).pop(_segments(response)[4], None)
    return EmptyResult()


@EXTENSION.operation(BackupResponse)
def list_recovery_points_by_backup_vault(_: BackupResponse) -> ActionResult:
    """None: nothing is ever backed up."""
    return ActionResult({"RecoveryPoints": []})


@EXTENSION.mend(BackupResponse, "list_tags")
def list_tags(_: Callable[[BackupResponse], str], response: BackupResponse) -> str:
    """The tags of the ARN in the path, whether it ends in a slash or not."""
    return json.dumps({"Tags": response.backup_backend.list_tags(resource_arn=_segments(response)[1])})
