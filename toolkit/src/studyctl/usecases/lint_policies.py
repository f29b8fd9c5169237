"""Judge the texts of policies, each by itself; many of them in several processes at once."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from studyctl.domain.policy.documents import Document, PolicyKind
from studyctl.domain.policy.findings import Finding
from studyctl.domain.policy.grammar import parse_policy
from studyctl.domain.policy.graph.world import Identity, IdentityKind, IdentitySubject, World
from studyctl.domain.policy.problems import PolicyError
from studyctl.domain.policy.rules.asking import is_about_identities, judge_identity, judge_policy
from studyctl.domain.policy.rules.compiled import policy_traits
from studyctl.domain.policy.rules.registry import READING_RULES
from studyctl.domain.policy.rules.rule import ask
from studyctl.domain.policy.rules.subjects import (
    GRANTING,
    PolicySubject,
    Unreadable,
    guessed_kind,
    guessed_service,
)
from studyctl.errors import PreflightFailed

LEAST_PER_PROCESS = 100
"""Fewer policies are judged before another process has begun."""
ALLOCATIONS = 100_000
"""More than are freed again, between two looks of the garbage collector."""
CHUNK = 250
"""Policies that a process takes at once: small enough that none is idle at the end."""
_NOBODY = World()
_TEXTS: list[PolicyText] = []
"""In a process that judges: all texts. A process that is forked has them; only which are its own is sent."""


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy as a file holds it."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Judged:
    """What was found, in the order of the texts, and how many of them could be read."""

    findings: tuple[Finding, ...]
    readable: int


@contextmanager
def judge_texts(texts: Sequence[PolicyText], processes: int) -> Iterator[Callable[[], Judged]]:
    """Begin to judge, and yield what returns the outcome once it is there.

    Processes are begun before anything else of the caller's runs: to fork beside a thread is not safe.

    Raises:
        PreflightFailed: by what is yielded, when a process died: its policies must not pass without findings.
    """
    count = min(processes, len(texts) // LEAST_PER_PROCESS)
    if count < 2:  # noqa: PLR2004
        yield lambda: _judged(texts)
        return
    from concurrent.futures import ProcessPoolExecutor  # noqa: PLC0415 - a tenth of the start, needed by large folders

    with ProcessPoolExecutor(count, initializer=_begin, initargs=(texts,)) as pool:
        size = min(CHUNK, -(-len(texts) // count))
        parts = pool.map(_judged_part, [slice(start, start + size) for start in range(0, len(texts), size)])
        yield lambda: _joined(_from_processes(parts))


def _findings(document: Document) -> Iterator[Finding]:
    """Yield what is wrong with one policy, of which nobody knows who holds it."""
    kind = guessed_kind(document)
    service = guessed_service(document) if kind is PolicyKind.RESOURCE else ""
    subject = PolicySubject(document, kind, service)
    traits = policy_traits(subject)
    yield from judge_policy(subject, traits)
    if kind in GRANTING and is_about_identities(traits):
        holder = Identity(document.source, IdentityKind.DOCUMENT, document.source, "", (document,))
        yield from judge_identity(IdentitySubject(holder, _NOBODY), traits)


def _begin(texts: Sequence[PolicyText]) -> None:
    """Keep the texts of a process that judges them, and leave interrupts to the command, which ends its processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _TEXTS[:] = texts
    gc.freeze()
    gc.set_threshold(ALLOCATIONS)


def _judged_part(part: slice) -> Judged:
    return _judged_one_by_one(_TEXTS[part])


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """What many policies leave behind are caches without cycles; looking through them again and again takes a tenth."""
    before = gc.get_threshold()
    gc.set_threshold(ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


def _judged(texts: Sequence[PolicyText]) -> Judged:
    with _collected_seldom():
        return _judged_one_by_one(texts)


def _judged_one_by_one(texts: Sequence[PolicyText]) -> Judged:
    found: list[Finding] = []
    readable = 0
    for text in texts:
        try:
            document = parse_policy(text.content, text.name)
        except PolicyError as error:
            found.extend(ask(READING_RULES, Unreadable(text.name, error.problems), text.name))
        else:
            readable += 1
            found.extend(_findings(document))
    return Judged(tuple(found), readable)


def _from_processes(parts: Iterable[Judged]) -> Iterator[Judged]:
    from concurrent.futures.process import BrokenProcessPool  # noqa: PLC0415 - as above

    try:
        yield from parts
    except BrokenProcessPool as error:
        raise PreflightFailed(
            "a process that judged policies was killed",
            why="That happens when the machine, or the container, has no memory left. Nothing was judged.",
            hint="Give it more memory, or let one process do it: studyctl lint --jobs 1",
        ) from error


def _joined(parts: Iterable[Judged]) -> Judged:
    all_ = tuple(parts)
    return Judged(tuple(finding for part in all_ for finding in part.findings), sum(part.readable for part in all_))
