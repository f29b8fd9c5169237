"""ECS's deployment circuit breaker: how many failures end a deployment, and how long to wait before the next try.

Source: Amazon ECS Developer Guide, 'How the Amazon ECS deployment circuit breaker detects failures'.
"""

from __future__ import annotations

LOWEST_THRESHOLD = 3
HIGHEST_THRESHOLD = 200
FIRST_DELAY_SECONDS = 0.3
LONGEST_DELAY_SECONDS = 60.0
_DOUBLINGS = 10


def failure_threshold(desired_count: int) -> int:
    """Half of the wanted tasks, rounded up, but at least 3 and at most 200."""
    return min(HIGHEST_THRESHOLD, max(LOWEST_THRESHOLD, -(-desired_count // 2)))


def retry_delay_seconds(failures_in_a_row: int) -> float:
    """Each failure doubles the wait, so that a service that cannot start costs next to nothing."""
    doublings = min(failures_in_a_row - 1, _DOUBLINGS)
    return min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0**doublings)
