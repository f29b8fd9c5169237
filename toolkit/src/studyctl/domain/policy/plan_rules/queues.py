"""Controls of queues and topics. That queues are reached over TLS only is a rule over policies (SC404)."""

from __future__ import annotations

from collections.abc import Iterator

from studyctl.domain.policy.plan_rules.subject import PlanSubject, at, control
from studyctl.domain.policy.rules.rule import Offence


def every_queue_has_a_policy(subject: PlanSubject) -> Iterator[Offence]:
    """Yield queues without a policy, which then denies no plain request."""
    apart = subject.companions("queue_url", "aws_sqs_queue_policy")
    for queue in subject.of("aws_sqs_queue"):
        has_own = queue.text("policy") or (queue.is_unknown("policy") and "policy" in queue.expressions)
        if not has_own and queue.address not in apart:
            yield at(queue, "it has no policy, so plain HTTP is not denied")


def messages_that_fail_are_kept(subject: PlanSubject) -> Iterator[Offence]:
    """Yield queues that lose what fails, and dead-letter queues that take from everybody."""
    dead = subject.companions("redrive_policy", "aws_sqs_queue", "aws_sqs_queue_redrive_policy")
    allowed = subject.companions("queue_url", "aws_sqs_queue_redrive_allow_policy")
    redriven = subject.companions("queue_url", "aws_sqs_queue_redrive_policy")
    for queue in subject.of("aws_sqs_queue"):
        if queue.address in dead:
            if queue.address not in allowed and not queue.has("redrive_allow_policy"):
                yield at(queue, "every queue of the account may use it for its dead letters")
        elif not queue.has("redrive_policy") and queue.address not in redriven:
            yield at(queue, "messages that fail are lost")


def messages_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield queues that are not encrypted with our key."""
    for queue in subject.of("aws_sqs_queue"):
        if not queue.has("kms_master_key_id"):
            yield at(queue, "its messages are not encrypted with our key")


def topics_are_encrypted_with_our_key(subject: PlanSubject) -> Iterator[Offence]:
    """Yield topics that are not encrypted with our key."""
    for topic in subject.of("aws_sns_topic"):
        if not topic.has("kms_master_key_id"):
            yield at(topic, "its notifications are not encrypted with our key")


RULES = (
    control(
        "SC753",
        "queue-without-policy",
        every_queue_has_a_policy,
        source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-security-best-practices.html",
        summary="Every queue has a policy, which denies plain HTTP",
        fix="Give the queue a policy with a Deny on aws:SecureTransport false.",
    ),
    control(
        "SC754",
        "no-dead-letters",
        messages_that_fail_are_kept,
        source="https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
        summary="Messages that fail are kept, in a queue that only their own may use",
        fix="Add a redrive_policy, and an aws_sqs_queue_redrive_allow_policy on its target.",
    ),
    control(
        "SC755",
        "queue-not-encrypted",
        messages_are_encrypted_with_our_key,
        fsbp="SQS.1",
        summary="Messages are encrypted with our own key",
        fix="Set kms_master_key_id.",
    ),
    control(
        "SC756",
        "topic-not-encrypted",
        topics_are_encrypted_with_our_key,
        fsbp="SNS.1",
        summary="Notifications are encrypted with our own key",
        fix="Set kms_master_key_id.",
    ),
)
