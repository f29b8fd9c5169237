from __future__ import annotations

from tests.support.checkout import REPOSITORY
from tests.support.fault_tour import TOUR, page_table

from studyctl.adapters.monitoring_files import read_watch


def test_the_page_shows_the_tour_as_it_is_tested() -> None:
    assert page_table() in (REPOSITORY / "docs" / "monitoring.md").read_text("utf-8")


def test_the_tour_names_alerts_that_there_are() -> None:
    names = read_watch(REPOSITORY).names
    for fault, rings in TOUR.items():
        assert {each.partition(" ")[0] for each in rings.prometheus} <= set(names), fault
        assert all(each.endswith(names) for each in rings.cloudwatch | rings.lasting), fault
        assert rings.hushed <= rings.prometheus, fault
