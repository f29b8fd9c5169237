"""The action catalogue: what AWS offers to policies, shipped as one packed file."""

from studyctl.domain.policy.catalogue.catalogue import Catalogue, catalogue
from studyctl.domain.policy.catalogue.model import (
    AccessLevel,
    Action,
    ConditionKey,
    KeyType,
    ResourceType,
    ResourceUse,
    Retired,
    Service,
)

__all__ = [
    "AccessLevel",
    "Action",
    "Catalogue",
    "ConditionKey",
    "KeyType",
    "ResourceType",
    "ResourceUse",
    "Retired",
    "Service",
    "catalogue",
]
