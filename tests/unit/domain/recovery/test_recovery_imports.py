"""The import blocks that a recovery writes, and which of them an error speaks of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.domain.recovery.wrecks import addresses

from studyctl.adapters.terraform import hcl
from studyctl.domain.events import Diagnostic
from studyctl.domain.recovery import blamed, imports_text, says_missing


@given(st.dictionaries(addresses, st.text(max_size=30), min_size=1))
def test_import_blocks_stand_where_errors_are_looked_up(imports: dict[str, str]) -> None:
    text = imports_text(
        {address: "".join(c for c in identity if c.isprintable()) for address, identity in imports.items()}
    )
    blocks = hcl.parse(text)
    assert [block.line for block in blocks] == [4 * number + 1 for number in range(len(imports))]
    for number, address in enumerate(imports):
        for line in range(4):
            error = Diagnostic(severity="error", summary="x", filename="imports.tf", line=4 * number + 1 + line)
            assert set(blamed([error], imports)) == {address}


@given(addresses, st.frozensets(addresses))
def test_an_error_is_blamed_on_the_address_it_names_and_no_other(named: str, others: frozenset[str]) -> None:
    imports = dict.fromkeys(sorted({named, *others}), "x")
    spoken = Diagnostic(severity="error", summary="Cannot import", detail=f'import to "{named}", which is gone')
    assert named in blamed([spoken], imports)
    assert set(blamed([Diagnostic(severity="error", summary="x", address=named)], imports)) == {named}
    assert not blamed([Diagnostic(severity="error", summary="throttled")], imports)


@pytest.mark.parametrize(
    ("text", "is_missing"),
    [
        ("Cannot import non-existent remote object", True),
        ("reading IAM Role (x): couldn't find resource", True),
        ("NoSuchEntity: The role with name x cannot be found", True),
        ("ThrottlingException: Rate exceeded", False),
        ("AccessDenied: not authorized to perform iam:GetRole", False),
    ],
)
def test_only_what_does_not_exist_is_said_to_be_missing(text: str, is_missing: bool) -> None:
    assert says_missing(Diagnostic(severity="error", summary=text)) is is_missing
