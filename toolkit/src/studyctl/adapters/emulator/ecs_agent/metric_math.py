"""CloudWatch's metric math, as far as alarms and scaling policies use it: an expression over series of equal length.

A point may be missing (None). Arithmetic with a missing point is missing; SUM, AVG, MIN and MAX of several series leave
it out; division by zero is missing. Source: CloudWatch User Guide, 'Using math expressions with CloudWatch metrics'.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence

Point = float | None
Series = tuple[Point, ...]
Value = float | Series | list[Series] | str

_TOKEN = re.compile(
    r'\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|([A-Za-z_]\w*)|(<=|>=|==|!=|&&|\|\||[-+*/^()\[\],<>])|"([^"]*)")'
)

_Operation = Callable[[float, float], float]

_COMPARISONS: Mapping[str, _Operation] = {
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "==": lambda a, b: float(a == b),
    "!=": lambda a, b: float(a != b),
}
_ADDITIONS: Mapping[str, _Operation] = {"+": operator.add, "-": operator.sub}
_PRODUCTS: Mapping[str, _Operation] = {"*": operator.mul, "/": operator.truediv}
_POWERS: Mapping[str, _Operation] = {"^": operator.pow}
_LOGIC: Mapping[str, _Operation] = {
    "AND": lambda a, b: float(bool(a) and bool(b)),
    "&&": lambda a, b: float(bool(a) and bool(b)),
    "OR": lambda a, b: float(bool(a) or bool(b)),
    "||": lambda a, b: float(bool(a) or bool(b)),
}
# from what binds least to what binds most
_LEVELS: Sequence[Mapping[str, _Operation]] = (_LOGIC, _COMPARISONS, _ADDITIONS, _PRODUCTS, _POWERS)

_REDUCTIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "SUM": math.fsum,
    "AVG": lambda values: math.fsum(values) / len(values),
    "MIN": min,
    "MAX": max,
}
_EACH: Mapping[str, Callable[[float], float]] = {
    "ABS": abs,
    "CEIL": lambda value: float(math.ceil(value)),
    "FLOOR": lambda value: float(math.floor(value)),
}


class UnsupportedExpression(ValueError):
    """The expression is wrong, or uses what is not computed here."""


def evaluate(expression: str, series: Mapping[str, Series], *, length: int) -> Series:
    """The series that an expression makes of others; a scalar becomes a series of `length` equal points.

    Raises:
        UnsupportedExpression: it cannot be computed.
    """
    value = _Parser(expression, series).whole()
    if isinstance(value, list | str):
        raise UnsupportedExpression(f"{expression!r} is no single series")
    return value if isinstance(value, tuple) else (value,) * length


class _Parser:
    """Recursive descent; what it reads it computes at once."""

    def __init__(self, text: str, series: Mapping[str, Series]) -> None:
        self._text = text
        self._series = series
        self._tokens = _tokens(text)
        self._position = 0

    def whole(self) -> Value:
        value = self._level(0)
        if self._peek():
            raise UnsupportedExpression(f"{self._text!r} goes on with {self._peek()!r}")
        return value

    def _peek(self) -> str:
        return self._tokens[self._position] if self._position < len(self._tokens) else ""

    def _take(self, wanted: str = "") -> str:
        token = self._peek()
        if not token or (wanted and token != wanted):
            raise UnsupportedExpression(f"{self._text!r} lacks {wanted or 'a value'!r}")
        self._position += 1
        return token

    def _level(self, level: int) -> Value:
        if level == len(_LEVELS):
            return self._unary()
        value = self._level(level + 1)
        while (sign := self._peek()) in _LEVELS[level]:
            self._take()
            value = _zip(_LEVELS[level][sign], value, self._level(level + 1))
        return value

    def _unary(self) -> Value:
        if self._peek() == "-":
            self._take()
            return _zip(operator.sub, 0.0, self._unary())
        return self._primary()

    def _primary(self) -> Value:
        match self._take():
            case "(":
                value = self._level(0)
                self._take(")")
            case "[":
                value = [_as_series(each, self._text) for each in self._arguments("]")]
            case word if word[0] == '"' or word == "REPEAT":
                value = word.removeprefix('"')
            case word if word[0].isdigit() or word[0] == ".":
                value = float(word)
            case word:
                value = self._named(word)
        return value

    def _named(self, name: str) -> Value:
        if self._peek() == "(":
            self._take()
            return _call(name, self._arguments(")"), self._text)
        if name not in self._series:
            raise UnsupportedExpression(f"{self._text!r} names {name!r}, which is no metric")
        return self._series[name]

    def _arguments(self, end: str) -> list[Value]:
        values: list[Value] = []
        while self._peek() != end:
            values.append(self._level(0))
            if self._peek() != end:
                self._take(",")
        self._take(end)
        return values


def _tokens(text: str) -> list[str]:
    found, position = [], 0
    stripped = text.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise UnsupportedExpression(f"{text!r} cannot be read at {stripped[position:]!r}")
        number, name, sign, quoted = match.groups()
        found.append(f'"{quoted}' if quoted is not None else number or name or sign)
        position = match.end()
    return found


def _call(name: str, arguments: list[Value], text: str) -> Value:
    match name, arguments:
        case (("SUM" | "AVG" | "MIN" | "MAX"), [list() as many]):
            return tuple(_reduced(name, points) for points in zip(*many, strict=True))
        case (("SUM" | "AVG" | "MIN" | "MAX"), [tuple() as one]):
            reduced = _reduced(name, one)
            return (None,) * len(one) if reduced is None else reduced
        case (("ABS" | "CEIL" | "FLOOR"), [float() | tuple() as one]):
            return _map(_EACH[name], one)
        case "IF", [float() | tuple() as condition, float() | tuple() as yes, float() | tuple() as no]:
            return _chosen(condition, yes, no)
        case "FILL", [tuple() as one, float() as filling]:
            return tuple(filling if point is None else point for point in one)
        case "FILL", [tuple() as one, "REPEAT"]:
            return _repeated(one)
    raise UnsupportedExpression(f"{text!r} uses {name} in a way that is not computed here")


def _reduced(name: str, points: Sequence[Point]) -> Point:
    there = [point for point in points if point is not None]
    return _REDUCTIONS[name](there) if there else None


def _map(function: Callable[[float], float], value: float | Series) -> float | Series:
    if isinstance(value, float):
        return function(value)
    return tuple(None if point is None else function(point) for point in value)


def _chosen(condition: float | Series, yes: float | Series, no: float | Series) -> float | Series:
    series = [each for each in (condition, yes, no) if isinstance(each, tuple)]
    if not series:
        return yes if condition else no
    length = len(series[0])
    columns = zip(*(_stretched(each, length) for each in (condition, yes, no)), strict=True)
    return tuple(None if test is None else first if test else second for test, first, second in columns)


def _repeated(series: Series) -> Series:
    points: list[Point] = []
    for point in series:
        points.append(point if point is not None or not points else points[-1])
    return tuple(points)


def _zip(operation: _Operation, left: Value, right: Value) -> Value:
    if isinstance(left, list | str) or isinstance(right, list | str):
        raise UnsupportedExpression("a list of series is not computed with")
    if isinstance(left, float) and isinstance(right, float):
        point = _safely(operation, left, right)
        if point is None:
            raise UnsupportedExpression("a constant divides by zero")
        return point
    length = len(left if isinstance(left, tuple) else right)  # type: ignore[arg-type]
    pairs = zip(_stretched(left, length), _stretched(right, length), strict=True)
    return tuple(_safely(operation, first, second) for first, second in pairs)


def _safely(operation: _Operation, left: Point, right: Point) -> Point:
    if left is None or right is None:
        return None
    try:
        return operation(left, right)
    except (ZeroDivisionError, OverflowError):
        return None


def _stretched(value: float | Series, length: int) -> Series:
    return value if isinstance(value, tuple) else (value,) * length


def _as_series(value: Value, text: str) -> Series:
    if not isinstance(value, tuple):
        raise UnsupportedExpression(f"{text!r} lists something that is no series")
    return value
