"""The paper's published numbers, as data.

One JSON file a figure or table. Numbers that are not verified have no file, so none can be shown.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Self

import pandas as pd

from reports.paper.catalog import PAPER


@dataclass(frozen=True)
class PaperNumbers:
    """A figure or table of the paper, one row a cell."""

    title: str
    caption: str
    source: str
    published_as: str
    """``printed``, or ``read from figure`` where the paper gives no text for the numbers."""
    setting: str
    axes: list[str]
    """Named as the axes of the study that reproduces it."""
    metrics: dict[str, str]
    """What the numbers are called here, and what the paper calls them."""
    table: pd.DataFrame
    """A column for each axis, as text, and one for each metric; NaN where the paper has no number."""
    others: pd.DataFrame
    """Rows of other methods, which no study here reproduces: ``label``, and what is known of them."""
    row_average: dict[str, float]
    """Of a heatmap, as printed: the paper averaged before it rounded."""
    ends: pd.DataFrame
    """``low`` and ``high``, the ends of the paper's error bars of its only metric, row by row; empty where it draws
    none."""
    notes: list[str]
    """What a reader must know of the numbers, such as a misprint."""
    of_one_paper: bool = True
    """Whether they are of the paper, rather than of several."""
    scored_by: str = ""
    """How all of them are scored, as in ``reports.cells.scoring``: ``linear_sgd on imagenet``. Empty where they are
    scored in several ways, or where the paper does not say."""
    markers: dict[str, str] = field(default_factory=dict)
    """The markers of the figure, by the value of its series, as Matplotlib calls them."""

    @property
    def cited(self) -> str:
        """What they are and how they were published: ``Table 4 of the paper, printed``."""
        return f"{self.title}{' of the paper' if self.of_one_paper else ''}, {self.published_as}"

    def matrix(self, rows: str, columns: str, metric: str) -> "PaperMatrix | None":
        """Two of the axes as rows and columns; None where these are not its axes, or the metric is not its."""
        if {rows, columns} != set(self.axes) or metric not in self.metrics:
            return None
        values = self.table.pivot(index=rows, columns=columns, values=metric)
        values = values.loc[list(dict.fromkeys(self.table[rows])), list(dict.fromkeys(self.table[columns]))]
        average = pd.Series(self.row_average) if self.row_average and rows == self.axes[0] else None
        values = values.rename_axis(index=None, columns=None)
        return PaperMatrix(self.title, self.metrics[metric], values, average, self.scored_by)


@dataclass(frozen=True)
class PaperMatrix:
    """A metric over two axes, as a heatmap shows it."""

    title: str
    metric: str
    """As the paper calls it."""
    values: pd.DataFrame
    """By the values of a study's axes: rows, columns."""
    row_average: pd.Series | None
    """As printed. None where it is not, or where only some of its columns are looked at."""
    scored_by: str = ""
    """How all cells are scored; see ``PaperNumbers``."""

    def only(self, like: pd.DataFrame) -> Self | None:
        """The cells that ``like`` has too, in its order; None where there is none."""
        rows = [row for row in like.index if row in self.values.index]
        columns = [column for column in like.columns if column in self.values.columns]
        if not rows or not columns:
            return None
        whole = len(columns) == len(self.values.columns) and self.row_average is not None
        average = self.row_average[rows] if whole and self.row_average is not None else None
        return replace(self, values=self.values.loc[rows, columns], row_average=average)


def paper_numbers(key: str | None) -> PaperNumbers | None:
    """The paper's numbers under a key such as ``figure_5``, or None where the project holds none."""
    path = PAPER / f"{key}.json"
    if key is None or not path.is_file():
        return None
    data = json.loads(path.read_text(encoding="utf-8"))
    table = pd.DataFrame(data["rows"], columns=[*data["axes"], *data["metrics"]])
    table[list(data["metrics"])] = table[list(data["metrics"])].astype(float)
    return PaperNumbers(
        title=data["title"],
        caption=data["caption"],
        source=data["source"],
        published_as=data["published_as"],
        setting=data["setting"],
        axes=data["axes"],
        metrics=data["metrics"],
        table=table,
        others=pd.DataFrame(data.get("others", [])),
        row_average=data.get("row_average", {}),
        ends=pd.DataFrame(data.get("ends", []), columns=["low", "high"], dtype=float),
        notes=data.get("notes", []),
        of_one_paper=data.get("of_one_paper", True),
        scored_by=data.get("scored_by", ""),
        markers=data.get("markers", {}),
    )
