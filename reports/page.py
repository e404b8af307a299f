"""One HTML file that holds everything and needs no network."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import pandas as pd
from matplotlib.figure import Figure

from reports.paper import paper_numbers
from reports.study_report import StudyReport

TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True)
class Drawn:
    """What was drawn of a study."""

    figure: Figure
    texts: pd.DataFrame
    """The table's cells as text."""
    corner: str
    """Above the names of its rows."""
    data: pd.DataFrame
    """Enough to draw the figure again."""
    findings: list[str]
    """What the figure says, in sentences."""
    caption: str = ""
    """What is drawn and how it differs from the paper's setting; plain text, a paragraph."""
    rows: list[str] = field(default_factory=list)
    """The axes that name the table's rows."""
    columns: str | None = None
    """The axis whose values are the table's columns."""
    bold: pd.DataFrame | None = None
    """Which cells of ``texts`` are the best."""


def write_page(path: Path, report: StudyReport, drawn: Drawn, svg: str) -> Path:
    """Fill the template; everything that comes from a study or a result is escaped."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES), autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True
    )
    table = report.table
    page = environment.get_template("report.html.j2").render(
        report=report,
        verdicts=report.verdicts,
        findings=drawn.findings,
        figure=_inline(svg),
        texts=drawn.texts,
        paper=paper_numbers(report.reproduces),
        failed=table[table["state"] == "failed"].to_dict("records"),
        states=table["state"].value_counts().to_dict(),
        trials=table.to_dict("records"),
        has_metric=report.metric in table,
    )
    path.write_text(page, encoding="utf-8")
    return path


def _inline(svg: str) -> str:
    """The figure's element without its XML header, as wide as the page lets it be."""
    element = svg[svg.index("<svg") :]
    return re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", element, count=1), count=1
    )
