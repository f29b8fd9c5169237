"""What tasks decide without any server."""

from __future__ import annotations

import json
import ssl
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studyruntime.config import load_settings
from studyruntime.errors import ConfigurationError, MessageRejected
from studyruntime.tasks import TaskCatalogue, build_celery, task
from studyruntime.tasks.backoff import retry_delay_seconds
from studyruntime.tasks.consumer import check_task_message
from studyruntime.tasks.sqs_transport import dead_letter_queue, max_receive_count

CLOUD = {
    "ENVIRONMENT": "cloud",
    "AWS_REGION": "eu-west-1",
    "TASK_QUEUE_TYPE": "sqs",
    "DOCUMENT_QUEUE_URL": "https://sqs.eu-west-1.amazonaws.com/123456789012/study-prod-document-queue",
}
LOCAL = {"TASK_QUEUE_TYPE": "celery", "REDIS_HOST": "localhost"}

seconds = st.floats(0.01, 1000)


@given(st.integers(1, 10_000), seconds, seconds, st.floats(0, 1))
def test_a_delay_is_between_half_and_all_of_the_doubled_base_up_to_the_longest(
    attempt: int, base: float, longest: float, chance: float
) -> None:
    whole = min(longest, base * 2 ** min(attempt - 1, 50))
    delay = retry_delay_seconds(attempt, base, longest, lambda: chance)
    assert whole / 2 <= delay <= whole


@given(st.integers(1, 100), seconds, seconds)
def test_delays_grow(attempt: int, base: float, longest: float) -> None:
    first, second = (retry_delay_seconds(number, base, longest, lambda: 0.5) for number in (attempt, attempt + 1))
    assert second >= first


def test_a_task_is_still_a_function_and_its_name_is_its_own() -> None:
    catalogue = TaskCatalogue()

    @task("one", queue="document_queue", catalogue=catalogue)
    def one(number: int) -> int:
        return number + 1

    assert one(1) == 2
    assert catalogue.get("one") is one
    assert [definition.name for definition in catalogue] == ["one"]
    catalogue.add(one)
    with pytest.raises(ValueError, match="declared twice"):
        task("one", queue="quiz_queue", catalogue=catalogue)(lambda: None)


def test_the_cloud_uses_queues_that_exist_and_the_credentials_of_the_role() -> None:
    configuration = build_celery(load_settings(CLOUD), TaskCatalogue()).conf
    options = configuration.broker_transport_options
    assert options["predefined_queues"] == {"document_queue": {"url": CLOUD["DOCUMENT_QUEUE_URL"]}}
    assert (options["region"], options["endpoint_url"]) == ("eu-west-1", None)
    assert (options["wait_time_seconds"], options["polling_interval"]) == (20, 0)
    assert configuration.broker_url == "sqs://"
    assert not configuration.worker_enable_remote_control
    assert configuration.task_acks_late
    assert not configuration.task_acks_on_failure
    assert [queue.name for queue in configuration.task_queues] == ["document_queue"]


def test_credentials_of_redis_are_in_no_url_and_its_certificate_is_verified() -> None:
    settings = load_settings(
        LOCAL | {"REDIS_USER": "me", "REDIS_PASSWORD": "hidden", "REDIS_TLS": "true", "REDIS_CA_FILE": "ca.pem"}
    )
    configuration = build_celery(settings, TaskCatalogue()).conf
    assert configuration.broker_url == "redis://localhost:6379/0"
    assert configuration.broker_use_ssl == {
        "ssl_cert_reqs": ssl.CERT_REQUIRED,
        "ssl_ca_certs": "ca.pem",
        "ssl_check_hostname": True,
    }
    assert "hidden" not in repr(configuration.broker_transport_options)


def test_results_are_kept_only_where_somebody_asks() -> None:
    assert build_celery(load_settings(LOCAL), TaskCatalogue()).conf.task_ignore_result
    kept = build_celery(load_settings(LOCAL | {"CELERY_RESULT_URL": "redis://localhost/1"}), TaskCatalogue()).conf
    assert (kept.result_backend, kept.task_ignore_result) == ("redis://localhost/1", False)


def test_other_brokers_are_refused() -> None:
    settings = load_settings(LOCAL | {"CELERY_BROKER_URL": "mongodb://localhost"})
    with pytest.raises(ConfigurationError, match="CELERY_BROKER_URL"):
        build_celery(settings, TaskCatalogue())


@pytest.mark.parametrize("count", [5, "5"])
def test_a_redrive_policy_is_read_as_aws_and_others_write_it(count: Any) -> None:
    arn = "arn:aws:sqs:eu-west-1:123456789012:study-prod-document-queue-dead-letter"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": count})
    assert max_receive_count(policy) == 5
    assert dead_letter_queue(policy) == "study-prod-document-queue-dead-letter"
    assert max_receive_count(None) is None
    assert dead_letter_queue(None) is None


class Received:
    """A message as Kombu hands it over."""

    def __init__(self, headers: object, body: object) -> None:
        self.headers = headers
        self._body = body

    def decode(self) -> object:
        return self._body


GOOD_HEADERS = {"task": "one", "id": "1"}
anything = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_a_task_of_ours_passes() -> None:
    check_task_message(Received(GOOD_HEADERS, [["a"], {"b": 1}, {"chord": None}]))


@given(anything)
def test_what_passes_has_the_shape_of_a_task(body: object) -> None:
    try:
        check_task_message(Received(GOOD_HEADERS, body))
    except MessageRejected:
        return
    assert isinstance(body, list)
    positional, named, options = body
    assert isinstance(positional, list)
    assert isinstance(named, dict)
    assert isinstance(options, dict)


@pytest.mark.parametrize("headers", [None, {}, {"task": "one"}, {"id": "1"}, {"task": 1, "id": "1"}])
def test_a_message_without_name_or_id_is_no_task(headers: object) -> None:
    with pytest.raises(MessageRejected, match="is missing"):
        check_task_message(Received(headers, [[], {}, {}]))
