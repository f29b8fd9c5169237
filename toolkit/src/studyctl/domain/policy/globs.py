"""Patterns with `*` and `?` as sequences of atoms, and whether a text matches one, in time linear in the text.

IAM knows four readings of a pattern, one constructor each. A policy variable such as `${aws:username}` is an atom of
its own: one unknown text, the same wherever it stands.

Source: AWS IAM User Guide, "IAM JSON policy elements: Resource" (a `*` at the end of an ARN's segment matches beyond
the colon, any other stays inside), "Condition operators" (ARN operators compare the six parts one by one), "Variables".
"""

from __future__ import annotations

import enum
import functools
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

Atom = str | int
"""A character, a variable ("${name}"), or one of the four wildcards below."""
STAR, SEGMENT_STAR, ANY, SEGMENT_ANY = 0, 1, 2, 3
"""Any text; any text without a colon; any character; any character but a colon."""
_WILDCARDS: Mapping[str, Atom] = {"*": STAR, "?": ANY}
_WILDCARD = re.compile(r"[*?]")
_NO_VARIABLES: frozenset[str] = frozenset()
_LAST_SEGMENT = 5
"""arn : partition : service : region : account : everything else."""
_PART = re.compile(r"\$\{([^{}]*)\}|(.)", re.DOTALL)
_DEFAULT = re.compile(r"\s*([^,]*?)\s*,\s*'(.*)'\s*\Z", re.DOTALL)


class Reading(enum.Enum):
    """What the wildcards of a text mean."""

    LITERAL = "no wildcards"
    TEXT = "wildcards match anything"
    RESOURCE = "an ARN of a Resource element"
    ARN = "an ARN of a condition: six parts, each for itself"

    __hash__ = object.__hash__
    """Part of the key of every cached pattern; Enum's own goes through Python."""


_SEGMENTED = (Reading.RESOURCE, Reading.ARN)


@dataclass(frozen=True, slots=True, eq=False)
class Glob:
    """A compiled pattern; `text` is what it was made of. Compiling a text again gives the same object.

    Every match begins with `prefix` and ends with `suffix`.
    """

    atoms: tuple[Atom, ...]
    text: str
    variables: frozenset[str]
    prefix: str
    suffix: str
    is_literal: bool

    @property
    def is_everything(self) -> bool:
        """Whether every text matches."""
        return self.atoms == (STAR,)

    def __str__(self) -> str:
        """Return what it was made of."""
        return self.text


@functools.lru_cache(maxsize=262_144)
def glob_of(atoms: tuple[Atom, ...], text: str) -> Glob:
    """Return the pattern of some atoms, runs of wildcards simplified."""
    places = _wild_places(atoms)
    if not places:
        whole = "".join(map(str, atoms))
        return Glob(atoms, text, frozenset(), whole, whole, True)
    if any(second - first == 1 for first, second in itertools.pairwise(places)):
        atoms = tuple(_squeezed(atoms))
        places = _wild_places(atoms)
    prefix = "".join(map(str, atoms[: places[0]]))
    suffix = "".join(map(str, atoms[places[-1] + 1 :]))
    variables = frozenset(atom for atom in (atoms[place] for place in places) if isinstance(atom, str))
    return Glob(atoms, text, variables, prefix, suffix, False)


def _wild_places(atoms: tuple[Atom, ...]) -> list[int]:
    """Return where wildcards and variables stand: what is no single character."""
    return [place for place, atom in enumerate(atoms) if atom.__class__ is int or len(atom) > 1]  # type: ignore[arg-type]


def _squeezed(atoms: Iterable[Atom]) -> list[Atom]:
    """Make one star of a run of stars, with the wider meaning of the two, and put `?` before `*`: "*?" is "?*"."""
    result: list[Atom] = []
    for atom in atoms:
        if result and (result[-1], atom) in ((STAR, ANY), (SEGMENT_STAR, SEGMENT_ANY)):
            result.insert(len(result) - 1, atom)
        elif result and atom in (STAR, SEGMENT_STAR) and result[-1] in (STAR, SEGMENT_STAR):
            result[-1] = STAR if STAR in (atom, result[-1]) else SEGMENT_STAR
        else:
            result.append(atom)
    return result


EVERYTHING = glob_of((STAR,), "*")


@functools.lru_cache(maxsize=262_144)
def glob(text: str, reading: Reading = Reading.TEXT, has_variables: bool = True) -> Glob:
    """Compile a pattern. Without variables (documents of version 2008-10-17) `${` is text."""
    if has_variables and "${" in text:
        atoms = _atoms_with_variables(text, reading)
        if reading in _SEGMENTED:
            _divide(atoms, [place for place, atom in enumerate(atoms) if atom in (STAR, ANY)], reading)
        return glob_of(tuple(atoms), text)
    if reading is Reading.LITERAL or ("*" not in text and "?" not in text):
        return Glob(tuple(text), text, _NO_VARIABLES, text, text, True)
    places = [match.start() for match in _WILDCARD.finditer(text)]
    if text == "*":
        return EVERYTHING
    atoms = list(text)
    for place in places:
        atoms[place] = _WILDCARDS[text[place]]
    if reading in _SEGMENTED:
        _divide(atoms, places, reading)
    if any(second - first == 1 for first, second in itertools.pairwise(places)):
        return glob_of(tuple(atoms), text)
    return Glob(tuple(atoms), text, _NO_VARIABLES, text[: places[0]], text[places[-1] + 1 :], False)


def _atoms_with_variables(text: str, reading: Reading) -> list[Atom]:
    atoms: list[Atom] = []
    for part in _parts(text):
        if part in _WILDCARDS and reading is not Reading.LITERAL:
            atoms.append(_WILDCARDS[part])
        else:
            atoms.append(part if len(part) == 1 or part.startswith("${") else part[1])
    return atoms


@functools.lru_cache(maxsize=262_144)
def action_glob(text: str) -> Glob:
    """Compile the pattern of an action; actions have no case and no variables."""
    return glob(text.lower(), Reading.TEXT, False)


def folded(pattern: Glob) -> Glob:
    """Return a pattern in lower case, for comparisons that ignore case."""
    return glob_of(tuple(atom.lower() if isinstance(atom, str) else atom for atom in pattern.atoms), pattern.text)


def resolved(pattern: Glob, values: Callable[[str], str | None]) -> Glob | None:
    """Return a pattern with its variables replaced by literal text; None where one has neither value nor default."""
    if not pattern.variables:
        return pattern
    atoms: list[Atom] = []
    for atom in pattern.atoms:
        if isinstance(atom, int) or len(atom) == 1:
            atoms.append(atom)
            continue
        value = variable_value(atom, values)
        if value is None:
            return None
        atoms.extend(value)
    return glob_of(tuple(atoms), pattern.text)


def variable_name(variable: str) -> str:
    """Return the condition key of a variable: "aws:username" of "${aws:username, 'nobody'}"."""
    inner = variable[2:-1]
    default = _DEFAULT.match(inner)
    return (default[1] if default else inner).strip()


def variable_value(variable: str, values: Callable[[str], str | None]) -> str | None:
    """Return the value of a variable from its key, else its default, else None."""
    value = values(variable_name(variable))
    default = _DEFAULT.match(variable[2:-1])
    return default[2] if value is None and default else value


def matches(pattern: Glob, text: str) -> bool:
    """Whether a text matches a pattern; a variable in it matches nothing."""
    return _matcher(pattern)(text)


def matches_any(patterns: Iterable[Glob], text: str) -> bool:
    """Whether a text matches one of several patterns."""
    return any(_matcher(pattern)(text) for pattern in patterns)


def begins_match(pattern: Glob, text: str) -> bool:
    """Whether some text that begins so matches a pattern."""
    automaton = _automaton(pattern)
    states = automaton.start
    for character in text:
        states = automaton.step(states, character)
        if not states:
            return False
    return True


@functools.lru_cache(maxsize=16_384)
def _automaton(pattern: Glob) -> Automaton:
    return Automaton((pattern.atoms,))


@functools.lru_cache(maxsize=262_144)
def _matcher(pattern: Glob) -> Callable[[str], bool]:
    atoms = pattern.atoms
    if pattern.variables:
        return lambda _: False
    if pattern.is_literal:
        return pattern.prefix.__eq__
    if atoms[-1] == STAR and len(pattern.prefix) == len(atoms) - 1:
        prefix = pattern.prefix
        return lambda text: text.startswith(prefix)
    if SEGMENT_STAR in atoms:
        parts = _closed_parts(atoms)
        return functools.partial(_match_parts, parts) if parts else functools.partial(_simulate, atoms)
    if ANY not in atoms and SEGMENT_ANY not in atoms:
        core = atoms[len(pattern.prefix) : len(atoms) - len(pattern.suffix)]
        middle = tuple(
            "".join(map(str, run)) for is_star, run in itertools.groupby(core, STAR.__eq__) if is_star is not True
        )
        return functools.partial(_finds, pattern.prefix, middle, pattern.suffix)
    return functools.partial(_searches, _expression(atoms))


def _closed_parts(atoms: tuple[Atom, ...]) -> tuple[Callable[[str], bool], ...]:
    """Return what matches each part between colons and all of the rest; none where a wildcard may take a colon."""
    parts: list[tuple[Atom, ...]] = []
    while len(parts) < _LAST_SEGMENT and ":" in atoms:
        end = atoms.index(":")
        parts.append(without_colon(atoms[:end]))
        if STAR in atoms[:end] or ANY in atoms[:end]:
            return ()
        atoms = atoms[end + 1 :]
    if SEGMENT_STAR in atoms or SEGMENT_ANY in atoms:
        return ()
    return tuple(_matcher(glob_of(part, "".join(map(str, part)))) for part in (*parts, atoms))


def without_colon(part: tuple[Atom, ...]) -> tuple[Atom, ...]:
    """Return the plain pattern of a part between colons, in which all wildcards mean the same."""
    return tuple([_PLAIN.get(atom, atom) for atom in part])


_PLAIN: Mapping[Atom, Atom] = {SEGMENT_STAR: STAR, SEGMENT_ANY: ANY}


def _match_parts(parts: tuple[Callable[[str], bool], ...], text: str) -> bool:
    """Match part for part."""
    own = text.split(":", len(parts) - 1)
    return len(own) == len(parts) and all(match(part) for match, part in zip(parts, own, strict=True))


def _finds(prefix: str, middle: tuple[str, ...], suffix: str, text: str) -> bool:
    """Take each run between stars at its first place: where that leaves no room for the rest, no other place does."""
    place, end = len(prefix), len(text) - len(suffix)
    if place > end or not text.startswith(prefix) or not text.endswith(suffix):
        return False
    for run in middle:
        found = text.find(run, place, end)
        if found < 0:
            return False
        place = found + len(run)
    return True


def _searches(expression: re.Pattern[str], text: str) -> bool:
    return expression.fullmatch(text) is not None


def _expression(atoms: tuple[Atom, ...]) -> re.Pattern[str]:
    """Each run between stars is taken at its first place and never tried again, the last one at the end."""
    runs: list[list[str]] = [[]]
    for atom in atoms:
        if atom == STAR:
            runs.append([])
        else:
            runs[-1].append("." if atom == ANY else "[^:]" if atom == SEGMENT_ANY else re.escape(str(atom)))
    first, *others = ["".join(run) for run in runs]
    if not others:
        return re.compile(first, re.DOTALL)
    *middle, last = others
    between = "".join(f"(?>.*?{run})" for run in middle)
    return re.compile(f"{first}{between}.*{last}", re.DOTALL)


def _simulate(atoms: tuple[Atom, ...], text: str) -> bool:
    """Follow all ways at once, one bit a place in the pattern."""
    automaton = Automaton((atoms,))
    states = automaton.start
    for character in text:
        states = automaton.step(states, character)
        if not states:
            return False
    return bool(states & automaton.accepting)


class Automaton:
    """The union of patterns as one machine: bit k of a state set is a place in one of the patterns."""

    __slots__ = ("_advance", "_colon_stay", "_other", "_stars", "_stay", "accepting", "has_segments", "start")

    def __init__(self, patterns: Iterable[tuple[Atom, ...]]) -> None:
        advance: dict[str, int] = {}
        start = accepting = stars = stay = colon_stay = any_character = any_in_segment = 0
        place = 1
        for atoms in patterns:
            start |= place
            for atom in atoms:
                if isinstance(atom, str):
                    advance[atom] = advance.get(atom, 0) | place
                elif atom == ANY:
                    any_character |= place
                elif atom == SEGMENT_ANY:
                    any_in_segment |= place
                else:
                    stars |= place
                    stay |= place
                    colon_stay |= place if atom == STAR else 0
                place <<= 1
            accepting |= place
            place <<= 1
        self._other = any_character | any_in_segment
        self._advance: Mapping[str, int] = {
            letter: mask | (0 if len(letter) > 1 else any_character if letter == ":" else self._other)
            for letter, mask in {":": 0, **advance}.items()
        }
        self._stars, self._stay, self._colon_stay = stars, stay, colon_stay
        self.has_segments = bool(any_in_segment or stay != colon_stay)
        self.accepting = accepting
        self.start = start | ((start & stars) << 1)

    def step(self, states: int, letter: str) -> int:
        """Return the states after a character, or after a variable that only a STAR or itself takes."""
        if len(letter) > 1:
            moved = ((states & self._advance.get(letter, 0)) << 1) | (states & self._colon_stay)
        else:
            stay = self._colon_stay if letter == ":" else self._stay
            moved = ((states & self._advance.get(letter, self._other)) << 1) | (states & stay)
        return moved | ((moved & self._stars) << 1)


def _parts(text: str) -> list[str]:
    """Cut a text into characters, variables ("${name}") and escaped wildcards (a backslash and the character)."""
    return [match[2] or _variable(match[1]) for match in _PART.finditer(text)]


def _variable(inner: str) -> str:
    if inner in ("*", "?", "$"):
        return f"\\{inner}"
    default = _DEFAULT.match(inner)
    return f"${{{default[1].lower()}, '{default[2]}'}}" if default else f"${{{inner.strip().lower()}}}"


def _divide(atoms: list[Atom], places: list[int], reading: Reading) -> None:
    """Keep wildcards in the first five parts of an ARN inside of their part."""
    head = -1
    for _ in range(_LAST_SEGMENT):
        try:
            head = atoms.index(":", head + 1)
        except ValueError:
            head = len(atoms)
            break
    for place in places:
        if place > head:
            break
        is_last = place + 1 == len(atoms) or atoms[place + 1] == ":"
        crosses = reading is Reading.RESOURCE and is_last
        atoms[place] = SEGMENT_ANY if atoms[place] == ANY else STAR if crosses else SEGMENT_STAR
