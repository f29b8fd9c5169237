from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from studyctl.adapters.templates import PackagedTemplates, hcl_literal


@pytest.mark.parametrize(
    ("value", "literal"),
    [
        ("plain", '"plain"'),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("${x}", '"\\u0024{x}"'),
        ("%{x}", '"\\u0025{x}"'),
        ("a\nb\r\t", '"a\\nb\\r\\t"'),
        ("\x1b", '"\\u001b"'),
        ("\U000e0001", '"\\U000e0001"'),
        ("é😀", '"é😀"'),
        (True, "true"),
        (10**30, "1" + "0" * 30),
    ],
)
def test_a_value_becomes_a_literal(value: object, literal: str) -> None:
    assert hcl_literal(value) == literal


@pytest.mark.parametrize("value", [None, 1.5, ["a"], {"a": 1}])
def test_what_has_no_literal_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no HCL literal"):
        hcl_literal(value)


@pytest.mark.parametrize("template", ["{{ missing }}", "{{ missing | hcl }}", "{{ none_given }}"])
def test_a_missing_value_is_an_error_and_never_empty(tmp_path: Path, template: str) -> None:
    (tmp_path / "x.j2").write_text(template)
    with pytest.raises(jinja2.UndefinedError):
        PackagedTemplates(tmp_path).render("x.j2", {"none_given": None})
