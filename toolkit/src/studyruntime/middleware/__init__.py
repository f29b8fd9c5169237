"""What every HTTP service does around its routes. Pure ASGI, for any application."""

from studyruntime.middleware.audit import AuditRequests
from studyruntime.middleware.correlation import CorrelateRequests
from studyruntime.middleware.errors import AnswerErrors
from studyruntime.middleware.rate_limits import LimitRates
from studyruntime.middleware.request_log import LogRequests
from studyruntime.middleware.request_rules import JSON_ONLY, BodyRule, CheckRequests
from studyruntime.middleware.scope import Caller, IdentifyCaller, caller_of
from studyruntime.middleware.security_headers import SecureHeaders
from studyruntime.middleware.stack import standard_middleware

__all__ = [
    "JSON_ONLY",
    "AnswerErrors",
    "AuditRequests",
    "BodyRule",
    "Caller",
    "CheckRequests",
    "CorrelateRequests",
    "IdentifyCaller",
    "LimitRates",
    "LogRequests",
    "SecureHeaders",
    "caller_of",
    "standard_middleware",
]
