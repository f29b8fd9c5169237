"""The Celery application of a process: one API over Redis, SQS and AMQP."""

from __future__ import annotations

import ssl
from typing import Any

from celery import Celery
from kombu.entity import Exchange, Queue

from studyruntime.broker.connection import credentials_for
from studyruntime.config import Settings, TaskQueueKind, TaskSettings
from studyruntime.errors import ConfigurationError
from studyruntime.tasks.catalogue import DECLARED, TaskCatalogue, TaskDefinition
from studyruntime.tasks.dead_letters import dead_queue
from studyruntime.tasks.task import RuntimeTask

DEFAULT_QUEUES = ("document_queue", "indexing_queue", "quiz_queue", "notification_queue")

HARD_LIMIT_MARGIN_SECONDS = 15
"""A task first gets an exception it can clean up after, and is killed when it does not end by then."""


def build_celery(settings: Settings, catalogue: TaskCatalogue = DECLARED) -> Celery:
    """An application with every declared task, for the transport the settings choose."""
    tasks = settings.require_tasks()
    app = Celery("study", set_as_current=False)
    queues = queues_for(tasks, catalogue)
    app.conf.update(COMMON | _transport(settings, tasks, [queue.name for queue in queues]))
    app.conf.update(
        task_queues=queues,
        task_soft_time_limit=tasks.timeout_seconds,
        task_time_limit=tasks.timeout_seconds + HARD_LIMIT_MARGIN_SECONDS,
        result_backend=tasks.result_url.get_secret_value() if tasks.result_url else None,
        task_ignore_result=tasks.result_url is None,
    )
    for definition in catalogue:
        register(app, definition, tasks)
    return app


COMMON: dict[str, Any] = {
    "task_serializer": "json",
    "result_serializer": "json",
    "accept_content": ["json"],
    "enable_utc": True,
    # a message is done when its task is: whoever is killed before leaves it to another
    "task_acks_late": True,
    "task_acks_on_failure": False,
    "task_acks_on_timeout": False,
    "task_create_missing_queues": False,
    "task_default_exchange": "",
    "worker_prefetch_multiplier": 1,
    "worker_cancel_long_running_tasks_on_connection_loss": True,
    "worker_consumer": "studyruntime.tasks.consumer:DeadLetterConsumer",
    # workers neither talk to one another nor take orders: SQS has no way to, and nobody may need one
    "worker_enable_remote_control": False,
    "worker_send_task_events": False,
    "worker_hijack_root_logger": False,
    "worker_redirect_stdouts": False,
    "broker_connection_retry_on_startup": True,
    "broker_connection_max_retries": None,
}


def queues_for(tasks: TaskSettings, catalogue: TaskCatalogue) -> list[Queue]:
    """The queues that exist: those with an SQS URL, else the platform's own and those of declared tasks."""
    if tasks.kind is TaskQueueKind.SQS:
        return [Queue(name, Exchange(""), routing_key=name) for name in tasks.queue_urls]
    names = dict.fromkeys([*DEFAULT_QUEUES, *(definition.queue for definition in catalogue)])
    return [
        Queue(
            name,
            Exchange(""),
            routing_key=name,
            # AMQP: the broker itself moves what is rejected. Redis: the transport does.
            queue_arguments={"x-dead-letter-exchange": "", "x-dead-letter-routing-key": dead_queue(name)},
        )
        for name in names
    ]


def register(app: Celery, definition: TaskDefinition[..., Any], tasks: TaskSettings) -> None:
    """Make a declared task one that the application's workers run."""
    app.task(
        definition.function,
        name=definition.name,
        bind=definition.is_bound,
        base=definition.base or RuntimeTask,
        queue=definition.queue,
        max_retries=tasks.max_retries if definition.max_retries is None else definition.max_retries,
        retries_by_redelivery=tasks.kind is TaskQueueKind.SQS,
        default_retry_delay=tasks.retry_delay_seconds,  # after the process of a task was killed
        retry_delay_seconds=tasks.retry_delay_seconds,
        retry_max_delay_seconds=tasks.retry_max_delay_seconds,
        **definition.options,
    )


def _transport(settings: Settings, tasks: TaskSettings, queue_names: list[str]) -> dict[str, Any]:
    if tasks.kind is TaskQueueKind.SQS:
        return _sqs(settings, tasks, queue_names)
    url = None if tasks.broker_url is None else tasks.broker_url.get_secret_value()
    if url is None or url.startswith(("redis://", "rediss://")):
        return _redis(settings, tasks, url)
    if url.startswith(("amqp://", "amqps://")):
        return {
            "broker_url": url,
            "broker_transport_options": {"confirm_publish": True},
            "task_reject_on_worker_lost": False,
            "task_retry_on_worker_lost": True,
        }
    raise ConfigurationError(
        ["CELERY_BROKER_URL: only redis://, rediss://, amqp:// and amqps:// are supported"],
        hint="For SQS set TASK_QUEUE_TYPE=sqs and the queues' URLs.",
    )


def _sqs(settings: Settings, tasks: TaskSettings, queue_names: list[str]) -> dict[str, Any]:
    return {
        "broker_url": "sqs://",
        "broker_transport": "studyruntime.tasks.sqs_transport:Transport",
        "broker_transport_options": {
            "region": settings.aws.region,
            "endpoint_url": settings.aws.endpoint_url,
            "is_secure": not (settings.aws.endpoint_url or "").startswith("http://"),
            "predefined_queues": {name: {"url": tasks.queue_urls[name]} for name in queue_names},
            "polling_interval": 0,  # long polling is the wait
            # moto keeps a killed poller's wait, and gives it the next message
            "wait_time_seconds": 1 if settings.is_emulated else 20,
            "retry_delay_seconds": tasks.retry_delay_seconds,
            "retry_max_delay_seconds": tasks.retry_max_delay_seconds,
        },
        "task_reject_on_worker_lost": True,
    }


def _redis(settings: Settings, tasks: TaskSettings, url: str | None) -> dict[str, Any]:
    timeout_seconds = tasks.visibility_timeout_seconds
    options: dict[str, Any] = {
        "visibility_timeout": timeout_seconds,
        "unacked_restore_interval": max(0.5, timeout_seconds / 6),  # several renewals within one timeout
        "unacked_restore_throttle": 1,
        "max_restores": tasks.max_retries + 1,
        "socket_keepalive": True,
        "health_check_interval": 25,
    }
    configuration: dict[str, Any] = {
        "broker_url": url,
        "broker_transport": "studyruntime.tasks.redis_transport:Transport",
        "broker_transport_options": options,
        "task_reject_on_worker_lost": False,
        "task_retry_on_worker_lost": True,
    }
    if url is not None:
        return configuration
    broker = settings.require_broker()
    options["credentials"] = credentials_for(broker, settings.aws)
    options["socket_connect_timeout"] = broker.timeout_seconds
    if broker.has_tls:
        configuration["broker_use_ssl"] = {
            "ssl_cert_reqs": ssl.CERT_REQUIRED,
            "ssl_ca_certs": broker.ca_file,
            "ssl_check_hostname": True,
        }
    return configuration | {"broker_url": f"redis://{broker.host}:{broker.port}/0"}
