"""From a report's content to a page of HTML and to a PDF; both hold everything themselves and need no address."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from functools import cache
from pathlib import Path

import typst
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from engine.report.content import Report

TEMPLATES = Path(__file__).parent / "templates"


def html_of(report: Report) -> str:
    """Lay a report out as one page of HTML."""
    return _pages().get_template("report.html").render(report=report)


def pdf_of(report: Report, made_at: datetime) -> bytes:
    """Lay a report out as a PDF (PDF/UA-1, A4); ``made_at`` is the moment it says it was made at.

    The fonts are those that the typesetter brings along, so that it looks the same on every machine.
    """
    return typst.compile(
        TEMPLATES / "report.typ",
        sys_inputs={"report": json.dumps(report.plain(), ensure_ascii=False)},
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=int(made_at.timestamp()),
    )


@cache
def _pages() -> Environment:
    pages = Environment(autoescape=True, loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined)
    pages.trim_blocks = pages.lstrip_blocks = True
    pages.filters["base64"] = lambda text: base64.b64encode(text.encode()).decode()
    return pages
