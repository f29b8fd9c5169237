"""The queues: dead letters are wired, and a message goes round in a queue made for it. Real ones are never read."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.adapters.smoke.asking import Wrong, result_of
from studyctl.domain.smoke.report import ProbeKind, ProbeResult
from studyctl.domain.smoke.subject import Subject

_KIND = ProbeKind.QUEUES
RETENTION_SECONDS = "300"
"""What a probe that was killed leaves behind empties itself."""
LONGEST_WAIT_SECONDS = 1
"""A longer poll that is cut off can swallow the message that it would have brought."""


@dataclass(frozen=True)
class QueuesProbe:
    """Asks SQS."""

    sqs: Any

    @property
    def kinds(self) -> frozenset[ProbeKind]:
        """What it asks about."""
        return frozenset({_KIND})

    def run(self, subject: Subject, wanted: frozenset[ProbeKind], *, deadline_seconds: float) -> Iterable[ProbeResult]:
        """One result a queue, one for the round trip."""
        del wanted
        urls: Mapping[str, str] = subject.platform["queue_urls"]
        for key, url in sorted(urls.items()):
            yield result_of(_KIND, key, partial(self._wired, url))
        key_id = self._encryption_of(next(iter(urls.values()), None))
        yield result_of(
            _KIND,
            "round trip",
            lambda: self._round_trip(subject.place.name, key_id, time.monotonic() + deadline_seconds),
        )

    def _wired(self, url: str) -> str:
        attributes = self._attributes(url)
        policy = json.loads(attributes.get("RedrivePolicy", "{}"))
        target = policy.get("deadLetterTargetArn")
        if not target:
            raise Wrong("messages that cannot be handled go nowhere: it has no dead-letter queue")
        name = str(target).rpartition(":")[2]
        with asking(f"find the dead-letter queue {name}"):
            dead_url = self.sqs.get_queue_url(QueueName=name)["QueueUrl"]
        waiting = self._attributes(dead_url).get("ApproximateNumberOfMessages", "0")
        return f"dead letters go to {name} ({waiting} there)"

    def _round_trip(self, name: str, key_id: str | None, deadline: float) -> str:
        token = secrets.token_hex(4)
        attributes = {"MessageRetentionPeriod": RETENTION_SECONDS}
        if key_id:
            attributes["KmsMasterKeyId"] = key_id
        with asking("make a queue for the probe"):
            url = self.sqs.create_queue(QueueName=f"{name}-smoke-{token}", Attributes=attributes)["QueueUrl"]
        try:
            started = time.monotonic()
            with asking("send a message"):
                self.sqs.send_message(QueueUrl=url, MessageBody=token)
            while time.monotonic() < deadline:
                with asking("receive a message"):
                    answer = self.sqs.receive_message(QueueUrl=url, WaitTimeSeconds=LONGEST_WAIT_SECONDS)
                if any(message["Body"] == token for message in answer.get("Messages", ())):
                    return f"a message came back after {time.monotonic() - started:.2f} s"
            raise Wrong("a message was sent and did not come back")
        finally:
            with asking("remove the probe's queue"):
                self.sqs.delete_queue(QueueUrl=url)

    def _encryption_of(self, url: str | None) -> str | None:
        return self._attributes(url).get("KmsMasterKeyId") if url else None

    def _attributes(self, url: str) -> Mapping[str, str]:
        with asking(f"describe the queue {url}"):
            found: Mapping[str, str] = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        return found
