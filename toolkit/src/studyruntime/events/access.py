"""Which channels a service may publish to and read from, by prefixes of their names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from studyruntime.errors import RuntimeFailure
from studyruntime.events.kinds import CHANNEL_ROOT

SEPARATOR = ":"
EVERYTHING = (CHANNEL_ROOT,)


class ChannelForbidden(RuntimeFailure):
    """A service used a channel outside the prefixes it was given."""


@dataclass(frozen=True, slots=True)
class ChannelAccess:
    """What a service may do. The broker's own users (Redis ACLs) should say the same; this says it before the call.

    A prefix ends at a colon: `study_ai_events:doc` does not cover `study_ai_events:document`.
    """

    publish: tuple[str, ...] = EVERYTHING
    consume: tuple[str, ...] = EVERYTHING

    def check_publish(self, channel: str) -> None:
        """Raise ChannelForbidden unless the channel lies under a prefix to publish to."""
        _check("publish to", channel, self.publish)

    def check_consume(self, channel: str) -> None:
        """Raise ChannelForbidden unless the channel lies under a prefix to read from."""
        _check("read from", channel, self.consume)


def covers(prefix: str, channel: str) -> bool:
    """Whether a channel is the prefix itself or lies below it."""
    return channel == prefix or channel.startswith(prefix.rstrip(SEPARATOR) + SEPARATOR)


def _check(action: str, channel: str, prefixes: Sequence[str]) -> None:
    if not any(covers(prefix, channel) for prefix in prefixes):
        raise ChannelForbidden(
            f"this service may not {action} {channel}",
            hint=f"It may use: {', '.join(prefixes) or 'no channel'}. Widen its ChannelAccess if that is meant.",
        )
