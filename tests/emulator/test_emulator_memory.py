"""What is gone takes no memory any more, and to list versions copies nothing that they hold."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gc
from studyctl.adapters.emulator.dispatch import Dispatcher
from studyctl.adapters.emulator.extensions import registry

Dispatcher()
registry.install("s3")
from moto.s3.models import FakeKey, s3_backends

backend = s3_backends["123456789012"]["aws"]
backend.create_bucket("archive", "us-east-1")
backend.put_bucket_versioning("archive", "Enabled")
for number in range(3):
    backend.put_object("archive", "key", b"%d" % number)
for _ in range(5):
    versions, *_others = backend.list_object_versions("archive")
    assert [version.value for version in versions] == [b"2", b"1", b"0"]
kept = [version._value_buffer for version in backend.buckets["archive"].keys.getlist("key")]
assert all(version._value_buffer in kept for version in versions)
assert [version.is_latest for version in versions] == [True, False, False]
backend.delete_object("archive", "key", version_id=versions[0].version_id)
del versions, kept
gc.collect()
print(sum(isinstance(each, FakeKey) for each in gc.get_objects()))
"""


def test_listed_and_deleted_versions_are_not_kept() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=False)
    assert done.stdout == "2\n", done.stderr
