import pytest

from studyctl.domain.lock import LockInfo

NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z

TEXT = """operation error S3: PutObject, StatusCode: 412, PreconditionFailed

Lock Info:
  ID:        5a1f1f4a-7b7e-2b0c-3f0e-0c8f5b7f6a11
  Path:      study-state/platform/staging.tfstate
  Operation: OperationTypeApply
  Who:       ci@runner-7
  Version:   1.11.4
  Created:   2026-11-22 14:12:03.1 +0000 UTC
  Info:

Terraform acquires a state lock to protect the state from being written
"""


def test_the_lock_says_who_what_and_since_when() -> None:
    lock = LockInfo.parse(TEXT)
    assert lock is not None
    assert str(lock) == "ci@runner-7, operation apply, since 2026-11-22 14:12:03.1 +0000 UTC"
    assert (lock.lock_id, lock.info) == ("5a1f1f4a-7b7e-2b0c-3f0e-0c8f5b7f6a11", "")


def test_a_text_without_a_lock_has_none() -> None:
    assert LockInfo.parse("Lock Info: unreadable") is None
    assert LockInfo.parse("") is None


@pytest.mark.parametrize("text", ["2026-11-22T12:00:00.123456789Z", "2026-11-22 12:00:00.123456789 +0000 UTC"])
def test_both_spellings_of_a_locks_time_are_understood(text: str) -> None:
    created_at = LockInfo("x", created=text).created_at
    assert created_at is not None
    assert int(created_at) == int(NOON)
