"""The report's page as people see it, on a desk and on a phone."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.browser import Page, Screen, browser_page
from tests.support.report_pages import planned_page

pytestmark = pytest.mark.slow  # not every machine has a browser

PHONE, DESK = Screen(390, 844, is_phone=True), Screen(1440, 900)
FIRST_CELLS = "[...document.querySelectorAll('td')].filter(cell => cell.offsetParent).slice(0, 3)"


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    written = tmp_path_factory.mktemp("report") / "staging.html"
    written.write_text(planned_page(), "utf-8")
    return written


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Page]:
    with browser_page(tmp_path / "profile") as opened:
        yield opened


@pytest.mark.parametrize("screen", [PHONE, DESK], ids=["phone", "desk"])
def test_it_fits_the_screen_and_fetches_nothing(screen: Screen, page: Page, file: Path, tmp_path: Path) -> None:
    page.open(file.as_uri(), screen)
    root = "document.documentElement"
    assert page.value(f"{root}.scrollWidth - {root}.clientWidth") == 0, "nobody scrolls sideways"
    assert page.value("document.querySelectorAll('h2').length") == 10
    assert page.value("document.querySelector('svg').getBoundingClientRect().width > 200"), "the picture is drawn"
    assert page.value("parseFloat(getComputedStyle(document.body).fontSize)") >= 14
    assert page.value(f"{FIRST_CELLS}.map(cell => getComputedStyle(cell).display)") == (
        ["grid" if screen.is_phone else "table-cell"] * 3
    ), "on a phone each row of a table is a card"
    assert page.requested == [file.as_uri()]

    shown_width = page.value(f"{root}.clientWidth")  # without the scroll bar, as the picture
    page.screenshot(tmp_path / "page.png")
    width, height = size_of(tmp_path / "page.png")
    assert width == shown_width
    assert height > screen.height, "all of the page is on it"


def size_of(png: Path) -> tuple[int, int]:
    """Width and height in pixels, which the first chunk of a PNG begins with."""
    content = png.read_bytes()
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    found: tuple[int, int] = struct.unpack(">II", content[16:24])
    return found
