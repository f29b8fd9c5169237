"""Chooses who keeps the keys of saved plans, and says what a plan is made for here and now."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from studyctl.adapters.plan_seal import LocalPlanKeys, PlanKeys
from studyctl.adapters.plan_store import SealedPlan, open_plan
from studyctl.domain.outcome import PlanFile
from studyctl.domain.plan_manifest import Circumstances
from studyctl.domain.run import new_run_id
from studyctl.wiring import BUILD, Site


def keys_of(site: Site) -> PlanKeys:
    """In AWS the key of the state, which holds the same secrets; on the emulator a secret of this checkout."""
    if not site.connection.is_real:
        return LocalPlanKeys(site.repository / BUILD / "keys" / "plan.key")
    from studyctl.adapters.aws.plan_keys import KmsPlanKeys  # noqa: PLC0415  only where there is KMS

    return KmsPlanKeys(site.session.client("kms"), f"alias/{site.environment.project}-state-state")


def circumstances_of(site: Site) -> Circumstances:
    """What a plan that is made now is made for."""
    state, identity = site.bucket.state_version(), site.identity()
    variables = next(file for file in site.rendered() if file.path == site.workspace.var_file)
    return Circumstances(
        environment=site.environment.name,
        account_id=site.connection.account_id,
        region=site.connection.region,
        boot_id=site.connection.boot_id,
        backend=f"s3://{site.bucket.name}/{site.bucket.state_key}",
        state_lineage=state.lineage if state else None,
        state_serial=state.serial if state else None,
        state_version_id=state.version_id if state else None,
        variables_sha256=hashlib.sha256(variables.content.encode()).hexdigest(),
        commit=identity.commit,
        toolkit_version=identity.toolkit_version,
        terraform_version=identity.terraform_version,
    )


@contextmanager
def opened(site: Site, sealed: SealedPlan) -> Iterator[PlanFile]:
    """Hold a plan in plain text, in the build folder, for as long as it is needed.

    Raises:
        StalePlan: it is not what was sealed.
    """
    into = site.workspace.run_dir(new_run_id()) / "approved.tfplan"
    try:
        yield open_plan(sealed, keys_of(site), into)
    finally:
        into.unlink(missing_ok=True)
