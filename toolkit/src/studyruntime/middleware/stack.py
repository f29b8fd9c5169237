"""The middleware of a service in the order in which they must stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from starlette.middleware import Middleware

from studyruntime.config import Environment, Settings
from studyruntime.metrics import Metrics
from studyruntime.middleware.audit import AuditRequests
from studyruntime.middleware.correlation import CorrelateRequests
from studyruntime.middleware.errors import AnswerErrors
from studyruntime.middleware.rate_limits import LimitRates
from studyruntime.middleware.request_log import LogRequests
from studyruntime.middleware.request_rules import JSON_ONLY, BodyRule, CheckRequests
from studyruntime.middleware.scope import Identify, IdentifyCaller
from studyruntime.middleware.security_headers import SecureHeaders
from studyruntime.ratelimit import RateLimiter


def standard_middleware(
    settings: Settings,
    metrics: Metrics,
    limiter: RateLimiter,
    identify: Identify,
    *,
    proxies: int | None = None,
    body_rules: Sequence[BodyRule] = (JSON_ONLY,),
    statuses: Mapping[type[Exception], HTTPStatus] | None = None,
) -> list[Middleware]:
    """For `Starlette(middleware=...)` or `FastAPI(middleware=...)`, outermost first.

    `proxies` is how many of ours stand between a caller and the service; by default the platform's one load balancer in
    the cloud, and none on a laptop. A distribution in front of the balancer is one more.
    """
    is_cloud = settings.environment is Environment.CLOUD
    hops = proxies if proxies is not None else int(is_cloud)
    return [
        Middleware(CorrelateRequests),
        Middleware(SecureHeaders, has_tls=is_cloud),
        Middleware(LogRequests, metrics),
        Middleware(AnswerErrors, statuses),
        Middleware(IdentifyCaller, identify, hops),
        Middleware(AuditRequests),
        Middleware(LimitRates, limiter, metrics),
        Middleware(CheckRequests, body_rules),
    ]
