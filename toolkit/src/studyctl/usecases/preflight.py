"""What must be so before anything else is called: the right account, and a place to keep state."""

from __future__ import annotations

from typing import Protocol

from studyctl.domain.environment import Environment
from studyctl.errors import PreflightFailed


class StateStore(Protocol):
    """The bucket for state, as far as its existence goes."""

    @property
    def name(self) -> str:
        """The bucket's name."""
        ...

    def exists(self) -> bool:
        """Whether it is there and readable."""
        ...


def require_account(environment: Environment, account_id: str, principal: str) -> None:
    """Stop unless the credentials belong to the environment's account.

    Raises:
        PreflightFailed: they belong to another one.
    """
    if environment.account_id != account_id:
        raise PreflightFailed(
            f"these credentials belong to account {account_id}, but {environment.name} lives in "
            f"{environment.account_id}",
            why=f"They are {principal}. Nothing was called but STS.",
            hint=f"Choose the profile of {environment.account_id}: export AWS_PROFILE=PROFILE",
        )


def require_state_store(store: StateStore, environment: str) -> None:
    """Stop unless the state bucket exists.

    Raises:
        PreflightFailed: the account was never prepared.
    """
    if not store.exists():
        raise PreflightFailed(
            f"the state bucket {store.name} does not exist",
            why="Every account needs it once, before its first environment.",
            hint=f"Make it with: studyctl bootstrap {environment}",
        )
