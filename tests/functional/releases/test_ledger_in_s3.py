"""The ledger and the lock on a real S3 API: numbers never collide, nobody overwrites what they did not read."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.functional.conftest import AskAws
from tests.support.releases.commands import Environment

from studyctl.adapters.aws.release_ledger import ReleaseLedger
from studyctl.adapters.aws.release_lock_store import ReleaseLockStore
from studyctl.domain.release.ledger import LedgerEntry, Status
from studyctl.domain.release.release_lock import LockLost, ReleaseLock, ReleaseLocked
from studyctl.errors import Locked, OutcomeUnknown
from studyctl.usecases.release_lock import Holding, StopAsked, release_lock
from studyctl.usecases.release_ports import LedgerMoved

WRITERS = 8


@pytest.fixture
def bucket(aws: AskAws) -> str:
    name = f"ledger-{uuid.uuid4().hex[:12]}"
    aws("s3").create_bucket(Bucket=name)
    aws("s3").put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    return name


@pytest.fixture
def s3(aws: AskAws) -> Any:
    return aws("s3")


@pytest.fixture
def entry() -> LedgerEntry:
    """An entry as a release writes it."""
    environment = Environment()
    environment.release("a")
    found = environment.entries[0]
    contents = {key: content.model_copy(update={"released_in": 0}) for key, content in found.release.services.items()}
    return found.model_copy(
        update={
            "number": 0,
            "release": found.release.model_copy(update={"services": contents}),
            "status": Status.UNDERWAY,
        }
    )


def ledger(s3: Any, bucket: str) -> ReleaseLedger:
    return ReleaseLedger(s3, bucket, "dev")


def test_an_entry_survives_being_written_and_read(s3: Any, bucket: str, entry: LedgerEntry) -> None:
    written = ledger(s3, bucket).add(entry)
    assert ledger(s3, bucket).entries() == (written,)
    assert written.number == 1
    assert written.release.services["api"].released_in == 1


def test_writers_at_once_never_get_the_same_number(s3: Any, bucket: str, entry: LedgerEntry) -> None:
    together = threading.Barrier(WRITERS)

    def write(writer: int) -> int:
        together.wait()
        return ledger(s3, bucket).add(entry.model_copy(update={"actor": f"writer {writer}"})).number

    with ThreadPoolExecutor(WRITERS) as pool:
        numbers = list(pool.map(write, range(WRITERS)))
    assert sorted(numbers) == list(range(1, WRITERS + 1))
    written = ledger(s3, bucket).entries()
    assert {each.actor for each in written} == {f"writer {writer}" for writer in range(WRITERS)}
    assert [each.number for each in written] == sorted(numbers, reverse=True)


def test_what_somebody_else_wrote_is_not_overwritten(s3: Any, bucket: str, entry: LedgerEntry) -> None:
    one, other = ledger(s3, bucket), ledger(s3, bucket)
    mine = one.add(entry)
    theirs = other.reread(mine.number)
    other.save(theirs.ended(Status.STOPPED, "now", "stopped"))
    with pytest.raises(LedgerMoved) as moved:
        one.save(mine.advanced("now", "went on"))
    assert moved.value.exit_code == Locked.exit_code
    assert one.reread(mine.number).status is Status.STOPPED


def test_an_object_that_is_no_entry_is_told_as_such(s3: Any, bucket: str, entry: LedgerEntry) -> None:
    one = ledger(s3, bucket)
    written = one.add(entry)
    s3.put_object(Bucket=bucket, Key=f"{one.prefix}{written.number:08d}.json", Body=b"<html>")
    with pytest.raises(OutcomeUnknown, match="is no entry of a release ledger"):
        one.entries()


def test_an_environment_without_a_bucket_has_released_nothing(s3: Any) -> None:
    assert ledger(s3, "there-is-no-such-bucket").entries() == ()


# --- the lock ------------------------------------------------------------------------------------------------


def lock(name: str, what: str = "release") -> ReleaseLock:
    return ReleaseLock(lock_id=name, who=name, what=what, since="now", beat_at="now", machine="elsewhere")


def store(s3: Any, bucket: str) -> ReleaseLockStore:
    return ReleaseLockStore(s3, bucket, "dev", is_alive=lambda process: process == "alive")


def holding(s3: Any, bucket: str, name: str, what: str = "release") -> Holding:
    return Holding(store(s3, bucket), lock(name, what), "dev", now=lambda: "now")


def test_one_holds_it_and_the_other_is_told_who_what_and_since_when(s3: Any, bucket: str) -> None:
    with holding(s3, bucket, "anna") as anna:
        anna.take()
        with pytest.raises(ReleaseLocked, match="anna, release, since now"):
            holding(s3, bucket, "bert").take()
    with holding(s3, bucket, "bert") as bert:
        bert.take()
        assert bert.is_held


def test_of_many_that_take_it_at_once_one_gets_it(s3: Any, bucket: str) -> None:
    together = threading.Barrier(WRITERS)

    def take(writer: int) -> bool:
        together.wait()
        return store(s3, bucket).take(lock(str(writer)))

    with ThreadPoolExecutor(WRITERS) as pool:
        assert sum(pool.map(take, range(WRITERS))) == 1


def test_waiting_for_it_ends_when_it_is_given_back(s3: Any, bucket: str) -> None:
    anna, bert = holding(s3, bucket, "anna"), holding(s3, bucket, "bert")
    anna.take()
    giving_back = threading.Timer(0.5, anna.give_back)
    giving_back.start()
    bert.take(timeout_seconds=30)
    assert bert.is_held
    giving_back.join()
    bert.give_back()
    assert store(s3, bucket).held() is None


def test_f16_a_live_lock_is_not_released_and_a_dead_one_is(s3: Any, bucket: str) -> None:
    kept = store(s3, bucket)
    assert kept.take(lock("anna"))
    with pytest.raises(Locked, match="is live"):
        release_lock(kept, "dev")
    dead = ReleaseLockStore(s3, bucket, "dev", is_alive=lambda _: False)
    held = kept.held()
    assert held is not None
    assert kept.replace(held, lock("anna").model_copy(update={"machine": socket.gethostname(), "process": "1 x"}))
    assert release_lock(dead, "dev") is not None
    assert kept.held() is None
    assert release_lock(dead, "dev") is None


def test_who_lost_it_finds_out_at_the_next_look(s3: Any, bucket: str) -> None:
    anna = holding(s3, bucket, "anna")
    anna.take()
    held = store(s3, bucket).held()
    assert held is not None
    assert store(s3, bucket).replace(held, lock("bert"))
    with pytest.raises(LockLost, match="held by bert"):
        anna.look()
    anna.give_back()
    left = store(s3, bucket).held()
    assert left is not None, "what is somebody else's is not removed"
    assert left.lock.who == "bert"


def test_f95_who_goes_back_asks_the_holder_to_stop_and_gets_it(s3: Any, bucket: str) -> None:
    anna, bert = holding(s3, bucket, "anna"), holding(s3, bucket, "bert", "rollback")
    anna.take()
    asked: list[str] = []

    def work() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                anna.look()
            except StopAsked as stop:
                asked.append(stop.by)
                break
            time.sleep(0.05)
        anna.give_back()

    worker = threading.Thread(target=work)
    worker.start()
    taken_from = bert.stop_others()
    worker.join()
    assert asked == ["bert"]
    assert taken_from is not None
    assert taken_from.lock.who == "anna"
    bert.look()
    bert.give_back()


def test_a_rollback_does_not_stop_another_one(s3: Any, bucket: str) -> None:
    anna = holding(s3, bucket, "anna", "rollback")
    anna.take()
    with pytest.raises(ReleaseLocked):
        holding(s3, bucket, "bert", "rollback").stop_others()
    anna.give_back()


def test_a_lock_that_nobody_can_read_is_held_by_nobody_known(s3: Any, bucket: str) -> None:
    kept = store(s3, bucket)
    s3.put_object(Bucket=bucket, Key=kept.key, Body=b"{")
    with pytest.raises(ReleaseLocked, match="unreadable"):
        holding(s3, bucket, "anna").take()
