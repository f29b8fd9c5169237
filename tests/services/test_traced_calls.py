"""Calls of S3 and jobs of the scheduler as a collector gets to see them, sent by processes of their own."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
import pytest
from tests.services import traced_storage
from tests.support.servers.moto import MotoServer
from tests.support.servers.postgres import Database
from tests.support.servers.qdrant import QdrantServer
from tests.support.servers.valkey import ValkeyServer
from tests.support.study_platform import CELERY, study_platform
from tests.support.trace_collector import CollectedSpan, TraceCollector, trace_collector
from tests.support.until import until

OTLP_INTERNAL, OTLP_CLIENT = 1, 3
OTLP_UNSET, OTLP_ERROR = 0, 2
Spans = Sequence[CollectedSpan]


@pytest.fixture
def collector() -> Iterator[TraceCollector]:
    with trace_collector() as collector:
        yield collector


@pytest.fixture
def stored(collector: TraceCollector, buckets: Mapping[str, str]) -> TraceCollector:
    """What came of `traced_storage`, whose end sends the last of it."""
    subprocess.run(
        [sys.executable, "-m", traced_storage.__name__],
        env={**buckets, "OTEL_EXPORTER_OTLP_ENDPOINT": collector.url},
        check=True,
    )
    return collector


def test_each_call_of_s3_is_a_span_of_the_work_that_it_is_a_part_of(
    stored: TraceCollector, buckets: Mapping[str, str]
) -> None:
    spans = stored.spans
    assert {work.name: sorted(call.name for call in parts_of(spans, work)) for work in works_of(spans)} == {
        "store": ["S3.PutObject", "S3.PutObject"],
        "store a large one": ["S3.CompleteMultipartUpload", "S3.CreateMultipartUpload", *["S3.UploadPart"] * 2],
        "look": ["S3.GetObject", "S3.ListObjectsV2"],
        "miss": ["S3.GetObject"],
        "reach nobody": ["S3.DeleteObject"],
    }
    for call in calls_of(spans):
        assert call.kind == OTLP_CLIENT
        assert call.attributes["rpc.system"] == "aws-api"
        assert f"{call.attributes['rpc.service']}.{call.attributes['rpc.method']}" == call.name
        assert call.attributes["aws.s3.bucket"] == buckets["UPLOADS_BUCKET"]
    assert not stored.has_seen(traced_storage.KEY) and not stored.has_seen("not-there")


def test_a_call_that_fails_says_how_and_no_more(stored: TraceCollector) -> None:
    failed = {call.name: call for call in calls_of(stored.spans) if call.status == OTLP_ERROR}
    assert set(failed) == {"S3.GetObject", "S3.DeleteObject"}
    missed, unreached = failed["S3.GetObject"].attributes, failed["S3.DeleteObject"].attributes
    assert (missed["error.type"], missed["http.response.status_code"]) == ("NoSuchKey", 404)
    assert unreached["error.type"] == "EndpointConnectionError"
    assert "http.response.status_code" not in unreached
    answered = [
        call.attributes["http.response.status_code"] for call in calls_of(stored.spans) if call.status == OTLP_UNSET
    ]
    assert set(answered) == {200}


def test_each_job_of_the_scheduler_is_a_trace_of_its_own_and_one_that_fails_is_an_error(
    *,
    collector: TraceCollector,
    tmp_path: Path,
    migrated: Database,
    valkey: ValkeyServer,
    qdrant: QdrantServer,
    moto_server: MotoServer,
) -> None:
    document_id = uuid.uuid4()
    with psycopg.connect(migrated.url, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO documents"
            " (id, user_id, filename, content_type, size_bytes, sha256, status, wants_index, created_at)"
            " VALUES (%s, 'u', 'old.txt', 'text/plain', 1, '0', 'indexed', true, now() - interval '2 days')",
            [document_id],
        )
    with study_platform(
        tmp_path, CELERY, valkey=valkey, postgres=migrated, qdrant=qdrant, moto=moto_server
    ) as platform:
        platform.start(
            "scheduler",
            SCHEDULER_INTERVAL_SECONDS="0.2",
            DOCUMENT_RETENTION_DAYS="1",
            UPLOADS_BUCKET=f"gone-{document_id.hex}",
            OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
            OTEL_BSP_SCHEDULE_DELAY="200",
        )
        jobs = {"stuck_documents", "stuck_quizzes", "expired_documents", "expired_notifications"}
        until(lambda: {span.name for span in works_of(collector.spans)} >= jobs, "a span of each job")
        log = platform["scheduler"].log
    spans = collector.spans  # the scheduler is stopped, and has sent what it had
    works = works_of(spans)
    assert {(work.service, work.kind) for work in works} == {("scheduler", OTLP_INTERNAL)}
    assert len({work.trace for work in works}) == len(works)
    assert {work.name: (work.status, work.attributes.get("error.type")) for work in works} == {
        "stuck_documents": (OTLP_UNSET, None),
        "stuck_quizzes": (OTLP_UNSET, None),
        "expired_notifications": (OTLP_UNSET, None),
        "expired_documents": (OTLP_ERROR, "NotFound"),
    }
    failed = next(work for work in works if work.status == OTLP_ERROR)
    of_s3 = next(part for part in parts_of(spans, failed) if part.name == "S3.DeleteObject")
    assert (of_s3.status, of_s3.attributes["error.type"]) == (OTLP_ERROR, "NoSuchBucket")
    assert any(part.attributes.get("db.system") == "postgresql" for part in parts_of(spans, failed))
    assert f'"trace_id": "{failed.trace}"' in log.read_text("utf-8"), "the log line of the failure leads to the trace"
    assert not collector.has_seen(str(document_id))


def works_of(spans: Spans) -> list[CollectedSpan]:
    """What began a trace."""
    return [span for span in spans if not span.parent]


def parts_of(spans: Spans, work: CollectedSpan) -> list[CollectedSpan]:
    return [span for span in spans if span.trace == work.trace and span.parent == work.id]


def calls_of(spans: Spans) -> list[CollectedSpan]:
    return [span for span in spans if span.name.startswith("S3.")]
