"""Ask the account itself whether what was applied is there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from studyctl.domain.verification import Expectation, Observation, Verdict, expectations, judge
from studyctl.errors import VerificationFailed


class Observer(Protocol):
    """Asks services what they are."""

    def observe(self, wanted: Sequence[Expectation]) -> Sequence[Observation]:
        """Ask about all of `wanted`, in any order of asking; answers in the order of `wanted`."""
        ...


def verify(platform: Mapping[str, Any], observer: Observer) -> tuple[Verdict, ...]:
    """Ask about everything the output `platform` promises."""
    return tuple(judge(observation) for observation in observer.observe(tuple(expectations(platform))))


def require_all(verdicts: Sequence[Verdict], environment: str) -> None:
    """Stop unless every verdict is good.

    Raises:
        VerificationFailed: names each thing that is not as it must be.
    """
    bad = [verdict for verdict in verdicts if not verdict.ok]
    if bad:
        raise VerificationFailed(
            f"{len(bad)} of {len(verdicts)} things that terraform applied are not as they must be",
            why="\n".join(f"{v.expectation.kind} {v.expectation.name}: {v.detail}" for v in bad),
            hint=f"Nothing is undone. Look again in a minute: studyctl status {environment}",
        )
