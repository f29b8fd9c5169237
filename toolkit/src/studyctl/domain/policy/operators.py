"""The condition operators: what each compares, and whether it is the denial of another.

Source: AWS IAM User Guide, "IAM JSON policy elements: Condition operators".
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Comparison(enum.Enum):
    """What values are compared as."""

    EQUALS = "equal strings"
    EQUALS_IGNORE_CASE = "equal strings but for case"
    LIKE = "strings with * and ?"
    ARN = "ARNs, each of the six parts with * and ?"
    BOOLEAN = "true or false"
    BINARY = "bytes"
    NULL = "whether the key is there"
    ADDRESS = "IP address ranges"
    NUMBER_EQUALS = "equal numbers"
    NUMBER_BELOW = "smaller numbers"
    NUMBER_AT_MOST = "numbers up to"
    NUMBER_ABOVE = "larger numbers"
    NUMBER_AT_LEAST = "numbers from"
    DATE_EQUALS = "equal times"
    DATE_BELOW = "earlier times"
    DATE_AT_MOST = "times up to"
    DATE_ABOVE = "later times"
    DATE_AT_LEAST = "times from"


@dataclass(frozen=True, slots=True)
class Operator:
    """`is_negated`: it holds where its comparison does not, and where the key is missing."""

    name: str
    comparison: Comparison
    is_negated: bool = False


OPERATORS = {
    operator.name: operator
    for operator in (
        Operator("StringEquals", Comparison.EQUALS),
        Operator("StringNotEquals", Comparison.EQUALS, is_negated=True),
        Operator("StringEqualsIgnoreCase", Comparison.EQUALS_IGNORE_CASE),
        Operator("StringNotEqualsIgnoreCase", Comparison.EQUALS_IGNORE_CASE, is_negated=True),
        Operator("StringLike", Comparison.LIKE),
        Operator("StringNotLike", Comparison.LIKE, is_negated=True),
        Operator("ArnEquals", Comparison.ARN),
        Operator("ArnLike", Comparison.ARN),
        Operator("ArnNotEquals", Comparison.ARN, is_negated=True),
        Operator("ArnNotLike", Comparison.ARN, is_negated=True),
        Operator("Bool", Comparison.BOOLEAN),
        Operator("BinaryEquals", Comparison.BINARY),
        Operator("Null", Comparison.NULL),
        Operator("IpAddress", Comparison.ADDRESS),
        Operator("NotIpAddress", Comparison.ADDRESS, is_negated=True),
        Operator("NumericEquals", Comparison.NUMBER_EQUALS),
        Operator("NumericNotEquals", Comparison.NUMBER_EQUALS, is_negated=True),
        Operator("NumericLessThan", Comparison.NUMBER_BELOW),
        Operator("NumericLessThanEquals", Comparison.NUMBER_AT_MOST),
        Operator("NumericGreaterThan", Comparison.NUMBER_ABOVE),
        Operator("NumericGreaterThanEquals", Comparison.NUMBER_AT_LEAST),
        Operator("DateEquals", Comparison.DATE_EQUALS),
        Operator("DateNotEquals", Comparison.DATE_EQUALS, is_negated=True),
        Operator("DateLessThan", Comparison.DATE_BELOW),
        Operator("DateLessThanEquals", Comparison.DATE_AT_MOST),
        Operator("DateGreaterThan", Comparison.DATE_ABOVE),
        Operator("DateGreaterThanEquals", Comparison.DATE_AT_LEAST),
    )
}
OPERATOR_NAMES = {name.lower(): name for name in OPERATORS}
"""Operators are spelled in any case; this is how AWS writes them."""
