"""What the platform measures of itself: requests, targets, tasks and queues, written as AWS names them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from studyctl.adapters.emulator.ecs_agent.balancers import Request
from studyctl.adapters.emulator.ecs_agent.metric_store import MetricKey, MetricStore

BALANCER, SERVICE, QUEUE = "AWS/ApplicationELB", "AWS/ECS", "AWS/SQS"
_SERVER_ERROR = 500
_GATEWAY_ERRORS = (502, 503, 504)


@dataclass(frozen=True)
class Usage:
    """How much of its task's CPU and memory a task uses, in percent."""

    cluster: str
    service: str
    cpu_percent: float
    memory_percent: float


def measure_requests(store: MetricStore, requests: Iterable[Request]) -> None:
    """Requests that have ended: how many, with which status, after how long."""
    for request in requests:
        dimensions = [{"LoadBalancer": request.balancer.name}]
        if request.group:
            dimensions.append({"LoadBalancer": request.balancer.name, "TargetGroup": request.group})
        for name, value in _values(request):
            for each in dimensions:
                store.add(MetricKey.of(BALANCER, name, each), value, at_seconds=request.at_seconds)
        if request.is_from_target:
            key = MetricKey.of(BALANCER, "RequestCountPerTarget", {"TargetGroup": request.group})
            store.add(key, 1.0, at_seconds=request.at_seconds)


def _values(request: Request) -> Iterable[tuple[str, float]]:
    if request.is_from_target:
        yield "RequestCount", 1.0
        yield "TargetResponseTime", request.duration_seconds
        yield f"HTTPCode_Target_{request.status // 100}XX_Count", 1.0
    elif request.status >= _SERVER_ERROR:
        yield "RequestCount", 1.0
        yield "HTTPCode_ELB_5XX_Count", 1.0
        if request.status in _GATEWAY_ERRORS:
            yield f"HTTPCode_ELB_{request.status}_Count", 1.0
    else:
        yield "HTTPCode_ELB_4XX_Count", 1.0


def measure_targets(
    store: MetricStore, balancer: str, group: str, *, healthy: int, unhealthy: int, at_seconds: float
) -> None:
    """How many targets of a group serve."""
    for name, count in (("HealthyHostCount", healthy), ("UnHealthyHostCount", unhealthy)):
        key = MetricKey.of(BALANCER, name, {"LoadBalancer": balancer, "TargetGroup": group})
        store.add(key, float(count), at_seconds=at_seconds)


def measure_tasks(store: MetricStore, usages: Iterable[Usage], *, at_seconds: float) -> None:
    """CPU and memory of services: one sample for each task, so that the number of samples is the number of tasks."""
    for usage in usages:
        dimensions = {"ClusterName": usage.cluster, "ServiceName": usage.service}
        for name, value in (("CPUUtilization", usage.cpu_percent), ("MemoryUtilization", usage.memory_percent)):
            store.add(MetricKey.of(SERVICE, name, dimensions), value, at_seconds=at_seconds)


def measure_queues(store: MetricStore, backend: Any, *, at_seconds: float) -> None:
    """What waits in queues."""
    for queue in list(backend.queues.values()):
        for name, value in _queue(list(queue.messages), queue, at_seconds).items():
            store.add(MetricKey.of(QUEUE, name, {"QueueName": queue.name}), value, at_seconds=at_seconds)


def _queue(messages: Sequence[Any], queue: Any, at_seconds: float) -> Mapping[str, float]:
    oldest = min((float(each.sent_timestamp) / 1000 for each in messages), default=at_seconds)
    return {
        "ApproximateNumberOfMessagesVisible": float(queue.approximate_number_of_messages),
        "ApproximateNumberOfMessagesNotVisible": float(queue.approximate_number_of_messages_not_visible),
        "ApproximateAgeOfOldestMessage": max(0.0, at_seconds - oldest),
    }
