"""The reader of the paper's published numbers: one JSON file for each figure or table.

Numbers that are not verified have no file, so they cannot be shown.
"""

import json
from dataclasses import dataclass, field, replace
from typing import Self

import pandas as pd

from reports.paper.catalog import PAPER


@dataclass(frozen=True)
class Published:
    """Numbers that are published, and the words for whose they are."""

    title: str
    """The name in the paper, such as ``Figure 5``."""
    of_one_paper: bool = field(default=True, kw_only=True)
    """Whether all numbers are from the one paper, rather than from several."""

    @property
    def whole_title(self) -> str:
        """The title with its origin: ``Figure 5 of the paper``."""
        return f"{self.title} of the paper" if self.of_one_paper else self.title

    @property
    def name(self) -> str:
        """The name of their origin in a legend or beside an axis."""
        return "the paper" if self.of_one_paper else "published"

    @property
    def whose(self) -> str:
        """The words before a noun: ``the paper's`` numbers, or ``published`` numbers."""
        return "the paper's" if self.of_one_paper else "published"

    @property
    def where(self) -> str:
        """The words for a place: ``in the paper``."""
        return "in the paper" if self.of_one_paper else "in the published numbers"


def beginning(words: str) -> str:
    """The words as the beginning of a sentence."""
    return words[:1].upper() + words[1:]


@dataclass(frozen=True)
class PaperNumbers(Published):
    """The numbers of a figure or table of the paper, one row a cell."""

    caption: str
    """The caption in the paper, in short."""
    source: str
    """The place that the numbers were taken from."""
    published_as: str
    """``printed``, ``read from figure`` if no number is printed, or ``printed or released`` for several sources."""
    setting: str
    """The paper's data, encoder and training, in words."""
    axes: list[str]
    """The axes, named as in the study that reproduces the figure or table."""
    metrics: dict[str, str]
    """The metrics: their names here, and the paper's names for them."""
    table: pd.DataFrame
    """The numbers: a column for each axis, as text, and one for each metric; NaN if the paper has no number."""
    others: pd.DataFrame
    """The rows of other methods, which no study here reproduces: ``label``, and further columns."""
    row_average: dict[str, float]
    """The averages of a heatmap's rows, as printed: the paper averaged before it rounded."""
    ends: pd.DataFrame
    """The ends of the paper's error bars, ``low`` and ``high``, row by row; empty if it draws none."""
    notes: list[str]
    """Sentences that a reader of the numbers needs, such as on a misprint."""
    scored_by: str = ""
    """The scoring of all numbers, as in ``reports.cells.scoring``: ``linear_sgd on imagenet``. Empty if there are
    several, or if the paper does not say."""
    markers: dict[str, str] = field(default_factory=dict)
    """The markers of the figure, by the value of its series, as Matplotlib calls them."""

    @property
    def cited(self) -> str:
        """The name and the form of publication: ``Table 4 of the paper, printed``."""
        return f"{self.whole_title}, {self.published_as}"

    def matrix(self, rows: str, columns: str, metric: str) -> "PaperMatrix | None":
        """A metric with one axis as rows and the other as columns; None if the axes or the metric are other ones."""
        if {rows, columns} != set(self.axes) or metric not in self.metrics:
            return None
        values = self.table.pivot(index=rows, columns=columns, values=metric)
        values = values.loc[list(dict.fromkeys(self.table[rows])), list(dict.fromkeys(self.table[columns]))]
        average = pd.Series(self.row_average) if self.row_average and rows == self.axes[0] else None
        values = values.rename_axis(index=None, columns=None)
        return PaperMatrix(
            self.title, self.metrics[metric], values, average, self.scored_by, of_one_paper=self.of_one_paper
        )


@dataclass(frozen=True)
class PaperMatrix(Published):
    """A metric of the paper over two axes, as a heatmap shows it."""

    metric: str
    """The paper's name of the metric."""
    values: pd.DataFrame
    """The numbers, with the values of the study's axes as rows and columns."""
    row_average: pd.Series | None
    """The averages of the rows, as printed; None if there are none, or if some of the columns are left out."""
    scored_by: str = ""
    """The scoring of all cells; see ``PaperNumbers``."""

    def only(self, like: pd.DataFrame) -> Self | None:
        """The cells that ``like`` has too, in the order of ``like``; None if there are none."""
        rows = [row for row in like.index if row in self.values.index]
        columns = [column for column in like.columns if column in self.values.columns]
        if not rows or not columns:
            return None
        whole = len(columns) == len(self.values.columns) and self.row_average is not None
        average = self.row_average[rows] if whole and self.row_average is not None else None
        return replace(self, values=self.values.loc[rows, columns], row_average=average)


def paper_numbers(key: str | None) -> PaperNumbers | None:
    """The paper's numbers under a key such as ``figure_5``; None if the project holds none."""
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
