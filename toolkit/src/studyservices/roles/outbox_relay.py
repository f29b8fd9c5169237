"""The role `outbox-relay`: what transactions committed goes to the stream and to the queues. Several may run."""

from __future__ import annotations
