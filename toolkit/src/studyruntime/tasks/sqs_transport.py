"""Kombu's SQS transport, except that the queue's redrive policy decides when a task has failed for good.

A consumer may receive and hide messages but not send them (infra/platform/permissions.tf), so a task is tried again by
giving its message back with a delay. SQS counts how often a message was received, moves it to the dead-letter queue
after `maxReceiveCount`, and forgets nothing: neither does a rejected or unreadable message vanish here.
"""

# Kombu has no types, and subclassing is the way to change it.
# mypy: disable-error-code="no-untyped-call"

from __future__ import annotations

import json
import math
import time
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from kombu.log import get_logger
from kombu.transport import SQS as kombu_sqs

from studyruntime.tasks.backoff import retry_delay_seconds
from studyruntime.tasks.task import ATTEMPT_HEADER, MAX_ATTEMPTS_HEADER

logger = get_logger(__name__)

POLICY_AGE_SECONDS = 300.0
"""How long a queue's redrive policy is believed; an apply may change it."""


class RedriveQoS(kombu_sqs.QoS):
    """What this worker holds."""

    def reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Give a message back: with a delay for another attempt, or at once, so that SQS soon buries it."""
        message = self._delivered.get(delivery_tag)
        if message is not None:
            self.channel.give_back(message, self.channel.delay_seconds(message) if requeue else 0)
        self._quick_ack(delivery_tag)


class RedriveChannel(kombu_sqs.Channel):
    """A channel that deletes only what was done."""

    QoS = RedriveQoS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._max_receive_counts: dict[str, tuple[int | None, float]] = {}
        super().__init__(*args, **kwargs)

    @property
    def endpoint_url(self) -> str | None:
        """Where the emulator is, or None for AWS."""
        url: str | None = self.transport_options.get("endpoint_url")
        return url

    def basic_reject(self, delivery_tag: str, requeue: bool = False) -> None:
        """Never delete: Kombu would, where a queue has no redrive policy."""
        self.qos.reject(delivery_tag, requeue=requeue)

    def give_back(self, message: Any, delay_seconds: float) -> None:
        """Let the message be received again after the delay."""
        info = message.delivery_info
        try:
            self.sqs(queue=self.canonical_queue_name(info["study_queue"])).change_message_visibility(
                QueueUrl=info["sqs_queue"],
                ReceiptHandle=info["sqs_message"]["ReceiptHandle"],
                VisibilityTimeout=math.ceil(delay_seconds),
            )
        except (BotoCoreError, ClientError) as error:
            # it comes back all the same, when the queue's own visibility timeout is over
            logger.warning("a message of %s could not be given back early: %s", info["study_queue"], error)

    def delay_seconds(self, message: Any) -> float:
        """The wait before the next attempt."""
        options = self.transport_options
        return retry_delay_seconds(
            receive_count(message.delivery_info["sqs_message"]),
            options["retry_delay_seconds"],
            options["retry_max_delay_seconds"],
        )

    def dead_letter_count(self, queue: str) -> int:
        """About how many messages of this queue failed for good. Its own permissions are needed: an operator's."""
        client = self.sqs(queue=self.canonical_queue_name(queue))
        source = self._resolve_queue_url(queue)
        answer = client.get_queue_attributes(QueueUrl=source, AttributeNames=["RedrivePolicy"])
        target = dead_letter_queue(answer.get("Attributes", {}).get("RedrivePolicy"))
        if target is None:
            return 0
        url = client.get_queue_url(QueueName=target)["QueueUrl"]
        wanted = "ApproximateNumberOfMessages"
        return int(client.get_queue_attributes(QueueUrl=url, AttributeNames=[wanted])["Attributes"][wanted])

    def _message_to_python(self, message: Any, queue_name: str, q_url: str) -> Any:
        """An envelope for every message, also for one that is none: it must be held to be given back."""
        try:
            payload = super()._message_to_python(message, queue_name, q_url)
            self.Message(payload, channel=self)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, it is wrong with the message
            logger.critical("a message in %s cannot be read: %r", queue_name, error)
            payload = self._envelope_payload({}, "", message, q_url)
        payload["properties"]["delivery_info"]["study_queue"] = queue_name
        headers = payload.setdefault("headers", {})
        headers[ATTEMPT_HEADER] = receive_count(message)
        headers[MAX_ATTEMPTS_HEADER] = self._max_receive_count(queue_name, q_url)
        return payload

    def _max_receive_count(self, queue_name: str, q_url: str) -> int | None:
        """How often a message is received before it is buried; None when nobody says."""
        count, read_at = self._max_receive_counts.get(q_url, (None, -math.inf))
        if time.monotonic() - read_at >= POLICY_AGE_SECONDS:
            try:
                answer = self.sqs(queue=self.canonical_queue_name(queue_name)).get_queue_attributes(
                    QueueUrl=q_url, AttributeNames=["RedrivePolicy"]
                )
                count = max_receive_count(answer.get("Attributes", {}).get("RedrivePolicy"))
            except (BotoCoreError, ClientError) as error:
                logger.warning("the redrive policy of %s cannot be read: %s", queue_name, error)
            self._max_receive_counts[q_url] = (count, time.monotonic())
        return count


class Transport(kombu_sqs.Transport):
    """The transport Celery is given by its path."""

    Channel = RedriveChannel


def receive_count(message: Any) -> int:
    """How often SQS has handed this message out."""
    return int(message["Attributes"]["ApproximateReceiveCount"])


def dead_letter_queue(redrive_policy: str | None) -> str | None:
    """The name of the queue a redrive policy leads to: the last part of its ARN."""
    return None if redrive_policy is None else str(json.loads(redrive_policy)["deadLetterTargetArn"]).rpartition(":")[2]


def max_receive_count(redrive_policy: str | None) -> int | None:
    """The number in a redrive policy, which AWS writes as a number and others as text."""
    return None if redrive_policy is None else int(json.loads(redrive_policy)["maxReceiveCount"])
