from __future__ import annotations

from studyctl.errors import PreflightFailed
from studyctl.usecases.doctor import Examination, Health, examine, is_healthy


def broken() -> str:
    raise PreflightFailed("it is broken", hint="mend it")


def good() -> str:
    return "fine"


def test_what_depends_on_something_bad_is_not_asked() -> None:
    asked: list[str] = []

    def ask() -> str:
        asked.append("asked")
        return "fine"

    found = examine(
        [
            Examination("account", broken),
            Examination("bucket", ask, depends_on="account"),
            Examination("state", ask, depends_on="bucket"),
        ]
    )
    assert [diagnosis.health for diagnosis in found] == [Health.BAD, Health.SKIPPED, Health.SKIPPED]
    assert asked == []
    assert found[0].fix == "mend it"
    assert not is_healthy(found)


def test_what_is_not_needed_only_warns() -> None:
    found = examine([Examination("git", broken, is_needed=False), Examination("python", good, depends_on="git")])
    assert [diagnosis.health for diagnosis in found] == [Health.WARNING, Health.GOOD]
    assert is_healthy(found)
