"""Renders the report as one HTML file: escaped, without script, and forbidden to ask the network for anything."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from studyctl.adapters.templates import FOLDER

TEMPLATE = "report.html.j2"


def render_page(values: Mapping[str, Any], folder: Path = FOLDER) -> str:
    """Fill the page. Every value is escaped; only the filter `drawing` lets the toolkit's own SVG through.

    Raises:
        jinja2.UndefinedError: the template names a value that is not given.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder, followlinks=False),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["drawing"] = _drawing
    return environment.get_template(TEMPLATE).render(values)


def _drawing(svg: str) -> Markup:
    """domain/topology/svg.py escapes every text it draws."""
    return Markup(svg)  # noqa: S704 - see above
