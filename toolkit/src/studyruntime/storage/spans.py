"""A span for each call of S3, named and described as OpenTelemetry's conventions for the AWS SDK and for S3 say.

Of what a call is about only the bucket is told, never the key, which is a user's. A URL that is presigned is no call.
"""

from __future__ import annotations

import contextvars
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

from opentelemetry import trace
from opentelemetry.trace import Span, SpanKind

from studyruntime.traces import mark

FAILED_FROM = 300
"""The status from which botocore raises: nobody here follows a redirection, or asks only for what has changed."""
_BUCKET, _SPAN = "studyruntime.bucket", "studyruntime.span"  # what botocore carries from event to event of a call
_T = TypeVar("_T")
_tracer = trace.get_tracer("studyruntime")


def trace_calls(client: Any) -> None:
    """Let each call of an S3 client have a span, with all of its attempts; what is read of a body comes after it.

    Events are what botocore offers for this. They are told in the thread that calls: see `InContext`.
    """
    events = client.meta.events
    events.register("provide-client-params.s3", _see_bucket)
    events.register_first("before-call.s3", _begin)  # one that answers itself ends the round
    events.register("after-call.s3", _end)
    events.register("after-call-error.s3", _fail)


class InContext(ThreadPoolExecutor):
    """Threads that belong to the trace of whoever gives them work, as those that send parts of an upload must."""

    def submit(self, fn: Callable[..., _T], /, *args: Any, **kwargs: Any) -> Future[_T]:
        """See `Executor.submit`."""
        return super().submit(contextvars.copy_context().run, fn, *args, **kwargs)


def _see_bucket(params: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    context[_BUCKET] = params.get("Bucket")


def _begin(model: Any, context: dict[str, Any], **_: Any) -> None:
    span = _tracer.start_span(f"S3.{model.name}", kind=SpanKind.CLIENT)
    span.set_attributes({"rpc.system": "aws-api", "rpc.service": "S3", "rpc.method": model.name})
    if bucket := context.get(_BUCKET):
        span.set_attribute("aws.s3.bucket", bucket)
    context[_SPAN] = span


def _end(http_response: Any, parsed: Mapping[str, Any], context: dict[str, Any], **_: Any) -> None:
    span: Span = context.pop(_SPAN)
    span.set_attribute("http.response.status_code", http_response.status_code)
    if request_id := parsed.get("ResponseMetadata", {}).get("RequestId"):
        span.set_attribute("aws.request_id", request_id)
    if http_response.status_code >= FAILED_FROM:
        mark(span, str(parsed.get("Error", {}).get("Code", http_response.status_code)))
    span.end()


def _fail(exception: BaseException, context: dict[str, Any], **_: Any) -> None:
    span: Span = context.pop(_SPAN)
    mark(span, type(exception).__qualname__)
    span.end()
