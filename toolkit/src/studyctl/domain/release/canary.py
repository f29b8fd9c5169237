"""Whether a canary is worse than what serves beside it: error rate and 95th percentile of the response time.

A difference of error rates counts as real when Newcombe's interval for it (method 10: two Wilson score intervals,
95 %) lies wholly beyond what is tolerated. Source: R. Newcombe, Interval estimation for the difference between
independent proportions, Statistics in Medicine 17 (1998).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from studyctl.domain.release.base import Recorded
from studyctl.domain.release.verdicts import Verdict, failed, inconclusive, passed, worst

Z_95_PERCENT = 1.959963984540054


class CanaryLimits(Recorded):
    """What is tolerated. A canary is compared with its control; the p95 limit in seconds holds without one too."""

    min_requests: int = 50
    error_points: float = 1.0
    p95_factor: float = 1.5
    p95_grace_seconds: float = 0.05
    p95_limit_seconds: float | None = None


@dataclass(frozen=True)
class Sample:
    """What one target group answered in a span of time. `p95_seconds` is None where nobody measured it."""

    requests: int = 0
    errors: int = 0
    p95_seconds: float | None = None

    @property
    def error_rate(self) -> float:
        """Share of requests that ended in a server error; 0 without requests."""
        return min(1.0, self.errors / self.requests) if self.requests else 0.0


def compare(canary: Sample, control: Sample, limits: CanaryLimits) -> Verdict:
    """Judge the canary. A control with too few requests is no measure: then only absolute limits hold."""
    has_control = control.requests >= limits.min_requests
    return worst(
        [
            _errors(canary, control if has_control else Sample(), limits),
            _response_time(canary, control if has_control else None, limits),
        ]
    )


def wilson_interval(errors: int, requests: int, z: float = Z_95_PERCENT) -> tuple[float, float]:
    """The score interval of a proportion; (0, 1) when nothing was observed."""
    if requests == 0:
        return 0.0, 1.0
    share = min(1.0, errors / requests)
    scale = 1 + z * z / requests
    middle = (share + z * z / (2 * requests)) / scale
    half = z * math.sqrt(share * (1 - share) / requests + z * z / (4 * requests * requests)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def difference_at_least(canary: Sample, control: Sample) -> float:
    """The lower end of the interval for (canary's error rate - control's): what the difference is at least."""
    rate, low = canary.error_rate, wilson_interval(canary.errors, canary.requests)[0]
    if control.requests == 0:
        return low
    base, high = control.error_rate, wilson_interval(control.errors, control.requests)[1]
    return rate - base - math.hypot(rate - low, high - base)


def _errors(canary: Sample, control: Sample, limits: CanaryLimits) -> Verdict:
    told = f"{canary.errors} of {canary.requests} requests failed, {control.errors} of {control.requests} beside it"
    tolerated = limits.error_points / 100
    if canary.requests and difference_at_least(canary, control) > tolerated:
        return failed(told)
    if canary.requests < limits.min_requests:
        return inconclusive(f"only {canary.requests} requests, {limits.min_requests} are needed to judge")
    if canary.error_rate - control.error_rate > tolerated:
        return inconclusive(f"{told}: more than tolerated, but it may be chance")
    return passed(told)


def _response_time(canary: Sample, control: Sample | None, limits: CanaryLimits) -> Verdict:
    if canary.requests < limits.min_requests:
        return inconclusive(f"only {canary.requests} requests, {limits.min_requests} are needed to judge")
    if canary.p95_seconds is None:
        return inconclusive("nobody measured the response time")
    told = f"p95 {canary.p95_seconds:.3f} s"
    if limits.p95_limit_seconds is not None and canary.p95_seconds > limits.p95_limit_seconds:
        return failed(f"{told}, above the limit of {limits.p95_limit_seconds:.3f} s")
    if control is None or control.p95_seconds is None:
        return passed(told)
    allowed = max(control.p95_seconds * limits.p95_factor, control.p95_seconds + limits.p95_grace_seconds)
    beside = f"{told}, beside it {control.p95_seconds:.3f} s, at most {allowed:.3f} s is tolerated"
    return failed(beside) if canary.p95_seconds > allowed else passed(beside)
