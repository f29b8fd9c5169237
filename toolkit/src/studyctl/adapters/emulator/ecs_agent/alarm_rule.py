"""The rule of a composite alarm: ALARM("a") AND NOT (OK(b) OR INSUFFICIENT_DATA(c)).

Source: CloudWatch API Reference, 'PutCompositeAlarm', AlarmRule.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from studyctl.adapters.emulator.ecs_agent.alarm_state import AlarmState

_TOKEN = re.compile(
    r'\s*(?:(?P<state>ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*(?:"(?P<quoted>[^"]+)"|(?P<name>[^\s()"]+))\s*\)'
    r"|(?P<word>AND|OR|NOT|TRUE|FALSE)\b|(?P<bracket>[()]))"
)
_ARN = re.compile(r"arn:[^:]*:cloudwatch:[^:]*:[^:]*:alarm:(?P<name>.+)")

_Token = tuple[str, str]


class UnsupportedRule(ValueError):
    """The rule cannot be read."""


def rings(rule: str, states: Mapping[str, AlarmState]) -> bool:
    """Whether a rule is true. An alarm that does not exist is in no state.

    Raises:
        UnsupportedRule: it cannot be read.
    """
    tokens = _tokens(rule)
    value = _any(tokens, states)
    if tokens:
        raise UnsupportedRule(f"{rule!r} goes on with {tokens[0][1]!r}")
    return value


def _tokens(rule: str) -> list[_Token]:
    found: list[_Token] = []
    position, stripped = 0, rule.rstrip()
    while position < len(stripped):
        match = _TOKEN.match(stripped, position)
        if match is None:
            raise UnsupportedRule(f"{rule!r} cannot be read at {stripped[position:]!r}")
        name = match["quoted"] or match["name"] or ""
        arn = _ARN.fullmatch(name)
        found.append((match["state"], arn["name"] if arn else name) if match["state"] else ("", match[0].strip()))
        position = match.end()
    return found


def _any(tokens: list[_Token], states: Mapping[str, AlarmState]) -> bool:
    value = _all(tokens, states)
    while tokens and tokens[0] == ("", "OR"):
        tokens.pop(0)
        value = _all(tokens, states) or value
    return value


def _all(tokens: list[_Token], states: Mapping[str, AlarmState]) -> bool:
    value = _one(tokens, states)
    while tokens and tokens[0] == ("", "AND"):
        tokens.pop(0)
        value = _one(tokens, states) and value
    return value


def _one(tokens: list[_Token], states: Mapping[str, AlarmState]) -> bool:
    if not tokens:
        raise UnsupportedRule("the rule ends too early")
    state, text = tokens.pop(0)
    if state:
        return states.get(text) == state
    match text:
        case "TRUE" | "FALSE":
            return text == "TRUE"
        case "NOT":
            return not _one(tokens, states)
        case "(":
            value = _any(tokens, states)
            if not tokens or tokens.pop(0) != ("", ")"):
                raise UnsupportedRule("a bracket is not closed")
            return value
    raise UnsupportedRule(f"{text!r} stands where an alarm should")
