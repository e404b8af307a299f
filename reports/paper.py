"""The paper's published numbers, as data."""

import json
from dataclasses import dataclass, replace
from typing import Self

import pandas as pd

from reports import PAPER


@dataclass(frozen=True)
class PaperMatrix:
    """A table or heatmap of the paper. Numbers that are not verified have no file, so none can be shown."""

    title: str
    caption: str
    source: str
    published_as: str
    """``printed ...``, or ``read from figure`` where the paper gives no text for the number."""
    metric: str
    setting: str
    values: pd.DataFrame
    """By the values of a study's axes: rows, columns."""
    row_average: pd.Series | None
    """As printed: the paper averaged before it rounded. None where only some of its columns are looked at."""

    def only(self, like: pd.DataFrame) -> Self | None:
        """The cells that ``like`` has too, in its order; None where there is none."""
        rows = [row for row in like.index if row in self.values.index]
        columns = [column for column in like.columns if column in self.values.columns]
        if not rows or not columns:
            return None
        whole = len(columns) == len(self.values.columns) and self.row_average is not None
        average = self.row_average[rows] if whole and self.row_average is not None else None
        return replace(self, values=self.values.loc[rows, columns], row_average=average)


def paper_matrix(key: str | None) -> PaperMatrix | None:
    """The paper's numbers under a key such as ``figure_5``, or None where the project holds none."""
    path = PAPER / f"{key}.json"
    if key is None or not path.is_file():
        return None
    data = json.loads(path.read_text())
    return PaperMatrix(
        title=data["title"],
        caption=data["caption"],
        source=data["source"],
        published_as=data["published_as"],
        metric=data["metric"],
        setting=data["setting"],
        values=pd.DataFrame(data["values"], index=data["rows"], columns=data["columns"]),
        row_average=pd.Series(data["row_average"], index=data["rows"]),
    )
