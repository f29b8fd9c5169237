"""Hostile policies end in a verdict."""

from __future__ import annotations

import pytest
from tests.support.containment import check_witness, when
from tests.support.policies import allow, deny, policy

from studyctl.domain.policy import Document, grants_of, policies_contained


def hostile() -> list[tuple[str, Document, Document]]:
    many = policy(*[allow(f"s3:Get{index}*", f"arn:aws:s3:::b{index}/*") for index in range(5_000)])
    stars = policy(allow("s3:" + "*a" * 200, "arn:aws:s3:::" + "*a*b" * 200))
    other_stars = policy(allow("s3:" + "a*" * 200, "arn:aws:s3:::" + "*b*a" * 200))
    marks = policy(allow("s3:*", ["arn:aws:s3:::" + "?" * count + "*" for count in range(200)]))
    crossing = policy(
        *[
            allow(["s3:*", "sqs:*"], f"arn:aws:s3:::*{index}*", when("StringLike", f"aws:RequestTag/{index}", "*a*"))
            for index in range(40)
        ]
    )
    wide = policy(
        allow("*"), *[deny("", NotAction=f"s3:*{index}*", NotResource=f"arn:*{index}*") for index in range(60)]
    )
    values = policy(
        allow("s3:*", "*", when("StringLike", "aws:SourceIdentity", *[f"*{index}*" for index in range(2_000)]))
    )
    documents = {
        "many": many,
        "stars": stars,
        "other stars": other_stars,
        "marks": marks,
        "crossing": crossing,
        "wide": wide,
        "values": values,
    }
    names = list(documents)
    pairs = [(first, second) for first in names for second in names if first != second or first != "many"]
    return [(f"{first} in {second}", documents[first], documents[second]) for first, second in pairs]


@pytest.mark.parametrize(("inner", "outer"), [case[1:] for case in hostile()], ids=[case[0] for case in hostile()])
def test_hostile_policies_end_in_a_verdict(inner: Document, outer: Document) -> None:
    verdict = policies_contained([inner], [outer])
    check_witness(verdict, grants_of([inner]), grants_of([outer]))
    if inner is outer:
        assert not verdict.is_refuted
