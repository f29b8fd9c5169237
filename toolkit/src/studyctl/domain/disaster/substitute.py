"""The environment that takes the place of another one in its backup region.

It is the same composition with the same sizes, under a name of its own: roles, budgets, CloudFront's policies and
buckets are known by their name in the whole account or the whole world, and the lost environment still has its own.
infra/decisions/0015-a-substitute-has-a-name-of-its-own.md says why the name differs and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection

from studyctl.domain.disaster.naming import substitute_name
from studyctl.domain.environment import Environment
from studyctl.errors import UsageError

DOMAIN_LABEL = "dr"
"""A CDN's alias and a zone belong to one environment; the users stay with the other until somebody moves them."""

LONGEST_DOMAIN = 64
"""As for the domain of any environment."""


def substitute_of(spec: Environment, *, taken: Collection[str] = ()) -> Environment:
    """The environment that is built in the backup region. `taken`: names that other environments have.

    It may be destroyed, and it keeps no copies in a second region: the only one that is left is its own.

    Raises:
        UsageError: its name is taken or its domain too long, or nothing is kept that it could be filled from.
    """
    name = substitute_name(spec.name)
    if name in taken:
        raise UsageError(
            f"{name} takes the place of {spec.name}, but there is an environment of that name",
            hint=f"Name that environment differently: environments/{name}.yaml",
        )
    require_copies(spec)
    domain = f"{DOMAIN_LABEL}.{spec.domain.name}"
    if len(domain) > LONGEST_DOMAIN:
        raise UsageError(
            f"{domain} is longer than the {LONGEST_DOMAIN} characters of a certificate's name",
            hint="Shorten domain.name.",
        )
    return spec.model_copy(
        update={
            "name": name,
            "region": spec.backup_region,
            "backup_region": spec.region,
            "can_be_destroyed": True,
            "domain": spec.domain.model_copy(update={"name": domain}),
            "database": spec.database.model_copy(
                update={"is_deletion_protected": False, "has_backup_region_copies": False}
            ),
            "object_storage": spec.object_storage.model_copy(update={"has_backup_region_copies": False}),
        }
    )


def require_copies(spec: Environment) -> None:
    """See that an environment keeps something to be filled from.

    Raises:
        UsageError: a loss of its region would be the loss of its data, and there is nothing to drill.
    """
    missing = [
        key
        for key, has_copies in (
            ("database.has_backup_region_copies", spec.database.has_backup_region_copies),
            ("object_storage.has_backup_region_copies", spec.object_storage.has_backup_region_copies),
        )
        if not has_copies
    ]
    if missing:
        raise UsageError(
            f"{spec.name} keeps no copies in {spec.backup_region}, so there is nothing to recover it from",
            why=f"environments/{spec.name}.yaml says {' and '.join(f'{key}: false' for key in missing)}.",
            hint=f"See what would be lost: studyctl dr plan {spec.name}",
        )
