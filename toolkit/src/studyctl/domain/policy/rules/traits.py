"""What can be seen of a policy at a glance, before any rule is asked.

A rule that needs a trait finds nothing in a policy without it, so it is not asked. Traits are generous: a policy may
have one and break no rule, but what breaks a rule has its traits, always.
"""

from __future__ import annotations

import enum


class Trait(enum.IntFlag):
    """One thing that some rule cannot do without. Of an Allow means: in a statement that allows something."""

    GRANTING = enum.auto()
    """Attached where an Allow gives its holder something."""
    ON_RESOURCE = enum.auto()
    """Attached to a resource."""
    ON_ROLE = enum.auto()
    """Says who may assume a role."""
    MISPLACED = enum.auto()
    """An element that may be too much, or missing, where it is attached."""
    LARGE = enum.auto()
    """Longer than the shortest limit."""
    OVER_HTTP = enum.auto()
    """Stands on a resource that answers over HTTP too."""
    LOCKABLE = enum.auto()
    """Stands on a resource that can lock everybody out."""
    OLD_VARIABLES = enum.auto()
    """A version that knows no variables, and what looks like one."""
    OVERLAP = enum.auto()
    """Two statements of one effect, of which one perhaps has all actions of the other."""

    UNKNOWN_SERVICE = enum.auto()
    UNKNOWN_ACTION = enum.auto()
    RETIRED_ACTION = enum.auto()
    """Of Action or NotAction, whatever the effect."""
    UNSUPPORTED = enum.auto()
    """An action and a resource that perhaps never meet."""
    ODD_ARN = enum.auto()
    """A resource that does not look like an ARN at once."""
    ODD_KEY = enum.auto()
    """A condition key that is not one of those which every service knows."""
    ODD_OPERATOR = enum.auto()
    """An operator that perhaps does not fit its key."""
    ODD_CONDITION = enum.auto()
    """Conditions that perhaps cannot hold together, or cannot be judged."""

    NOT_ACTION = enum.auto()
    NOT_RESOURCE = enum.auto()
    NOT_PRINCIPAL = enum.auto()
    """Of an Allow."""
    WHOLE_SERVICE = enum.auto()
    """An Allow of every action of a service."""
    MANAGES = enum.auto()
    """An Allow of a pattern that holds actions which manage permissions."""
    STAR_RESOURCE = enum.auto()
    """An Allow on * of actions that know resources."""
    WIDE_WRITE = enum.auto()
    """An Allow of changing something, on a pattern of resources."""

    ANYBODY = enum.auto()
    AWS_PRINCIPAL = enum.auto()
    SERVICE_PRINCIPAL = enum.auto()
    FEDERATED_PRINCIPAL = enum.auto()
    """Whom an Allow lets in."""

    ESCALATES = enum.auto()
    """An Allow of an action that begins a path to more privileges."""
    PASSES_ROLES = enum.auto()
    """An Allow of iam:PassRole."""
    PASSES_ANY_ROLE = enum.auto()
    RULES_PEOPLE = enum.auto()
    TAKES_CREDENTIALS = enum.auto()
    READS_DATA = enum.auto()
    DECRYPTS = enum.auto()
    """An Allow of it on resources that nobody named."""


NO_TRAIT = Trait(0)
EVERY_TRAIT = -1
"""Of what could not be looked at: every rule is asked."""
