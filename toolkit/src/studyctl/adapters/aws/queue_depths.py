"""How deep the queues of an environment are. Attributes are read, messages never."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.aws.calls import asking
from studyctl.domain.queue_depth import QueueDepth

_WAITING, _IN_FLIGHT = "ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"
_REDRIVE = "RedrivePolicy"


@dataclass(frozen=True)
class QueueDepths:
    """Asks SQS."""

    sqs: Any

    def depths(self, urls: Mapping[str, str]) -> Mapping[str, QueueDepth]:
        """The depth of each queue, under the key of its URL.

        Raises:
            NoAnswer: SQS did not answer.
            PreflightFailed: it refused.
        """
        return {key: self._depth(url) for key, url in urls.items()}

    def _depth(self, url: str) -> QueueDepth:
        found = self._attributes(url, _WAITING, _IN_FLIGHT, _REDRIVE)
        return QueueDepth(waiting=int(found[_WAITING]), in_flight=int(found[_IN_FLIGHT]), dead=self._dead(url, found))

    def _dead(self, url: str, attributes: Mapping[str, str]) -> int | None:
        target = json.loads(attributes.get(_REDRIVE, "{}")).get("deadLetterTargetArn")
        if not target:
            return None
        # SQS demands that both are of one account and region, so that their URLs differ in the name alone
        dead_url = f"{url.rpartition('/')[0]}/{str(target).rpartition(':')[2]}"
        return int(self._attributes(dead_url, _WAITING)[_WAITING])

    def _attributes(self, url: str, *names: str) -> Mapping[str, str]:
        with asking(f"describe the queue {url}"):
            answer = self.sqs.get_queue_attributes(QueueUrl=url, AttributeNames=list(names))
        found: Mapping[str, str] = answer["Attributes"]
        return found
