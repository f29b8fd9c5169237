"""What is read of a terraform state, and what is none."""

from __future__ import annotations

import json

import pytest

from studyctl.domain.state import parse_state


def test_a_state_is_read_with_the_addresses_that_terraform_writes() -> None:
    def one(key: object = None, **more: object) -> dict[str, object]:
        return {"attributes": {"id": "x"}, **({} if key is None else {"index_key": key}), **more}

    document = {
        "version": 4,
        "serial": 7,
        "lineage": "one",
        "resources": [
            {"mode": "data", "type": "aws_vpc", "name": "main", "instances": [one()]},
            {
                "mode": "managed",
                "module": 'module.a["b"]',
                "type": "aws_vpc",
                "name": "main",
                "instances": [one('q"${é}', status="tainted"), one(deposed="abcd"), one(0)],
            },
        ],
    }
    found = parse_state(json.dumps(document))
    tainted = r'module.a["b"].aws_vpc.main["q\"$${é}"]'
    assert list(found.instances) == [tainted, 'module.a["b"].aws_vpc.main[0]']
    assert (found.serial, found.tainted) == (7, (tainted,))
    assert parse_state(json.dumps({**document, "serial": 8})).digest == found.digest


@pytest.mark.parametrize(
    "text", ["", "<html>", "[]", '{"version": 3}', '{"version": 4}', '{"version": 4, "resources": [1]}']
)
def test_what_is_no_state_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_state(text)
