"""Containment against z3, which is asked the same question from the definition.

A word is a row of letters, each one of a, b, colon, or any other; whether it matches a pattern is the run of the
pattern's automaton, written out. Words are as long as the patterns below need to tell them apart, and longer.
"""

from __future__ import annotations

import functools
import random
import re
from typing import Any

import z3
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import Document, Standing, Statement, catalogue, policies_contained
from studyctl.domain.policy.globs import ANY, SEGMENT_ANY, SEGMENT_STAR, STAR, Atom, Glob, Reading, glob

PAIRS = 2_100
SEED = 20_261_122
ACTIONS = [
    "sqs:SendMessage",
    "sqs:ReceiveMessage",
    "sqs:Get*",
    "sqs:*Message",
    "sqs:Send?essage",
    "sqs:*",
    "*",
    "sns:Publish",
]
RESOURCES = ["*", "a:*", "a:b", "a:*b", "a*:b", "a:b*", "?:?", "a:?*b", "*a:b*", "a*b:a", "a:::::a*b", "*:*:::*:a*"]
CONDITIONS: list[dict[str, dict[str, Any]] | None] = [
    None,
    None,
    None,
    {"StringEquals": {"aws:SourceAccount": "a"}},
    {"StringEquals": {"aws:SourceAccount": ["a", "b"]}},
    {"StringNotEquals": {"aws:SourceAccount": "a"}},
    {"StringEqualsIfExists": {"aws:SourceAccount": "b"}},
    {"StringLike": {"aws:SourceAccount": "a*"}},
    {"StringNotLike": {"aws:SourceAccount": ["b", "a?"]}},
    {"Null": {"aws:SourceAccount": "true"}},
    {"Null": {"aws:SourceAccount": "false"}},
    {"StringLike": {"aws:SourceIdentity": "a*"}, "StringEquals": {"aws:SourceAccount": "a"}},
    {"StringNotEquals": {"aws:SourceIdentity": "ab"}},
]
KEYS = ("aws:sourceaccount", "aws:sourceidentity")
LETTERS = {"a": 0, "b": 1, ":": 2}
TODAY = [text.lower() for pattern in ("sqs:*", "sns:*") for text in catalogue().expand(pattern)] + ["s3:getobject"]
ACTION_NAMES = [*TODAY, "sqs:getfuture", "sqs:futuremessage", "sqs:future", "sqs:sendxessage", "future:thing"]


class Text:
    """A text that z3 looks for."""

    def __init__(self, name: str, longest: int) -> None:
        self.longest = longest
        self.letters = [z3.BitVec(f"{name} {place}", 2) for place in range(longest)]
        self.length = z3.BitVec(f"{name} length", 4)
        self.is_possible = z3.ULE(self.length, longest)
        self._matching: dict[tuple[Atom, ...], z3.BoolRef] = {}

    def matches(self, pattern: Glob) -> z3.BoolRef:
        if pattern.atoms not in self._matching:
            self._matching[pattern.atoms] = self._run(pattern.atoms)
        return self._matching[pattern.atoms]

    def _run(self, atoms: tuple[Atom, ...]) -> z3.BoolRef:
        """Bottom up: whether the rest of the text from a letter on matches the rest of the pattern from an atom on."""
        rests = [self.length == place for place in range(self.longest + 1)]
        for atom in reversed(atoms):
            after = rests
            rests = [z3.BoolVal(False)] * (self.longest + 1)
            for place in range(self.longest, -1, -1):
                is_star = atom in (STAR, SEGMENT_STAR)
                ways = [after[place]] if is_star else []
                if place < self.longest:
                    goes_on = (rests if is_star else after)[place + 1]
                    ways.append(z3.And(z3.UGT(self.length, place), self._takes(atom, place), goes_on))
                rests[place] = z3.Or(ways)
        return rests[0]

    def _takes(self, atom: Atom, place: int) -> z3.BoolRef:
        if atom in (STAR, ANY):
            return z3.BoolVal(True)
        if atom in (SEGMENT_STAR, SEGMENT_ANY):
            return self.letters[place] != LETTERS[":"]
        return self.letters[place] == LETTERS[str(atom)]


ACTION, RESOURCE = z3.BitVec("action", 8), Text("resource", 12)
VALUE = {key: Text(key, 4) for key in KEYS}
PRESENT = {key: z3.Bool(f"{key} is there") for key in KEYS}
POSSIBLE = z3.And(ACTION >= 0, len(ACTION_NAMES) > ACTION, *(text.is_possible for text in (RESOURCE, *VALUE.values())))
IS_OF_TODAY = len(TODAY) > ACTION


def any_of(text: Text, patterns: list[Glob]) -> z3.BoolRef:
    return z3.Or([text.matches(pattern) for pattern in patterns])


@functools.cache
def one_of(pattern: str) -> z3.BoolRef:
    matching = re.compile("".join({"*": ".*", "?": "."}.get(mark, re.escape(mark)) for mark in pattern.lower()))
    return z3.Or([index == ACTION for index, name in enumerate(ACTION_NAMES) if matching.fullmatch(name)])


def statement_formula(statement: Statement) -> z3.BoolRef:
    actions = z3.Or([one_of(item.text) for item in statement.actions])
    resources = any_of(RESOURCE, [glob(item.text, Reading.RESOURCE) for item in statement.resources or ()])
    parts = [
        z3.Not(actions) if statement.is_not_action else actions,
        z3.Not(resources) if statement.is_not_resource else resources,
    ]
    for condition in statement.conditions:
        key = condition.key.text.lower()
        if condition.name == "Null":
            parts.append(z3.Not(PRESENT[key]) if condition.texts == ("true",) else PRESENT[key])
            continue
        reading = Reading.TEXT if condition.name.endswith("Like") else Reading.LITERAL
        matched = any_of(VALUE[key], [glob(text, reading) for text in condition.texts])
        if "Not" in condition.name:
            parts.append(z3.Or(z3.Not(PRESENT[key]), z3.Not(matched)))
        elif condition.if_exists:
            parts.append(z3.Or(z3.Not(PRESENT[key]), matched))
        else:
            parts.append(z3.And(PRESENT[key], matched))
    return z3.And(parts)


def granted(document: Document) -> z3.BoolRef:
    allowed = [statement_formula(statement) for statement in document.allows]
    denied = [statement_formula(statement) for statement in document.denies]
    return z3.And(z3.Or(allowed), z3.Not(z3.Or(denied)))


def some(chance: random.Random, choices: list[str]) -> list[str]:
    return chance.sample(choices, chance.choice([1, 1, 1, 2, 3]))


def random_statement(chance: random.Random, *, may_deny: bool) -> dict[str, Any]:
    make = deny if may_deny and chance.random() < 0.3 else allow
    elements: dict[str, Any] = {}
    if chance.random() < 0.12:
        elements["NotAction"] = some(chance, ACTIONS)
    if chance.random() < 0.12:
        elements["NotResource"] = some(chance, RESOURCES)
    return make(some(chance, ACTIONS), some(chance, RESOURCES), chance.choice(CONDITIONS), **elements)


def random_pair(chance: random.Random) -> tuple[Document, Document]:
    """The second is often a change of the first, or most pairs would differ at the first glance."""
    first = [random_statement(chance, may_deny=index > 0) for index in range(chance.choice([1, 1, 2, 3]))]
    second = [random_statement(chance, may_deny=index > 0) for index in range(chance.choice([1, 2, 3]))]
    if chance.random() < 0.7:
        second = [*first, *second[1:]] if chance.random() < 0.5 else [second[0], *first]
    if chance.random() < 0.3:
        first, second = second, first
    return policy(*first), policy(*second)


def is_satisfiable(solver: z3.Solver, *formulas: z3.BoolRef) -> bool:
    solver.push()
    solver.add(*formulas)
    answer = solver.check()
    solver.pop()
    assert answer != z3.unknown, solver.reason_unknown()
    return bool(answer == z3.sat)


def test_no_disagreement_with_z3() -> None:
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    solver = z3.SolverFor("QF_BV")
    solver.set(timeout=20_000)
    solver.add(POSSIBLE)
    counted = dict.fromkeys(Standing, 0)
    for _ in range(PAIRS):
        inner, outer = random_pair(chance)
        verdict = policies_contained([inner], [outer])
        counted[verdict.standing] += 1
        excess = (granted(inner), z3.Not(granted(outer)))
        told = f"{verdict}\n{inner}\n{outer}"
        if verdict.standing is Standing.PROVEN:
            assert not is_satisfiable(solver, *excess), told
        elif verdict.standing is Standing.REFUTED:
            assert is_satisfiable(solver, *excess), told
        else:  # only actions that nobody offers today may be left open
            assert "one day" in verdict.reason, told
            assert not is_satisfiable(solver, IS_OF_TODAY, *excess), told
    assert counted[Standing.PROVEN] > PAIRS / 10
    assert counted[Standing.REFUTED] > PAIRS / 10
    assert counted[Standing.NOT_PROVEN] < PAIRS / 10
