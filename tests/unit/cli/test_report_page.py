"""The page: whole in one file, escaped, and honest about what nobody asked."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from tests.support.report_pages import HOSTILE, planned_page, report, shown

from studyctl.domain.answer import Known, NotKnown
from studyctl.usecases.report import not_planned

REPOSITORY = Path(__file__).resolve().parents[3]
TITLES = [
    "Services",
    "Alarms",
    "Last smoke test",
    "Queues",
    "Releases",
    "What it consists of",
    "Infrastructure",
    "Plan",
    "Policy",
    "Cost",
]


class _Tags(HTMLParser):
    """Collects titles, tags, and every attribute that could fetch something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.titles: list[str] = []
        self._is_title = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._is_title = tag == "h2"
        fetching = {"src", "href", "xlink:href", "srcset", "data", "action", "poster"}
        self.fetched += [value for name, value in attrs if name in fetching and value and not value.startswith("#")]

    def handle_data(self, data: str) -> None:
        if self._is_title:
            self.titles.append(data)
            self._is_title = False


@pytest.fixture(scope="module")
def planned() -> str:
    return planned_page()


def test_every_part_stands_on_the_page_with_and_without_a_plan(planned: str) -> None:
    assert _Tags(planned).titles == TITLES
    assert _Tags(shown(report(not_planned("staging")))).titles == TITLES


def test_without_a_plan_its_four_parts_say_that_nobody_asked() -> None:
    text = shown(report(not_planned("staging"), nothing=NotKnown("the account refused")))
    sections = re.findall(r'<section class="[^"]+" id="part-\d+">.*?</section>', text, re.DOTALL)
    unasked = [section for section in sections if "Not asked: no plan was given" in section]
    assert len(unasked) == 4
    assert all("studyctl report staging --new-plan" in section for section in unasked)
    assert "<svg" not in text


def test_a_plan_gives_the_picture_and_the_cost(planned: str) -> None:
    assert planned.count("<svg") == 1
    assert re.search(r"about \$[\d,]+ a month", planned)


def test_a_plan_without_its_changes_is_not_told_as_one_that_changes_nothing(planned: str) -> None:
    assert "lists no changes, not even resources that stay as they are" in planned
    unchanged = {"format_version": "1.2", "planned_values": {}, "resource_changes": []}
    assert "no changes</p>" in shown(report(Known(unchanged)))


def test_nothing_is_fetched_and_nothing_runs(planned: str) -> None:
    tags = _Tags(planned)
    assert tags.fetched == []
    assert not tags.tags & {"script", "link", "img", "iframe", "object"}
    assert "url(" not in planned
    assert "default-src 'none'" in planned


def test_what_others_wrote_is_escaped(planned: str) -> None:
    assert HOSTILE not in planned
    assert "&lt;script&gt;" in planned
