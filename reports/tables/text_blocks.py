"""The blocks of a table of texts, such as the texts of a ``Drawn``."""

from collections.abc import Sequence

import pandas as pd

from reports.cells.names import PAPERS
from reports.tables.blocks import Block, Line, Row, Section

SOURCE = "The paper's numbers"
SPREAD = " ± "


def text_blocks(texts: pd.DataFrame, corner: str, bold: pd.DataFrame | None, stacked: bool) -> list[Block]:
    """The blocks of a table of texts: one's own rows, then the paper's rows.

    The paper's rows are below a title in the same table, or in a table of their own if they have other columns.
    ``stacked`` puts a spread under its mean.
    """
    marks = pd.DataFrame(False, texts.index, texts.columns) if bold is None else bold
    papers = [str(name).endswith(PAPERS) for name in texts.index]
    own = [not paper for paper in papers]
    columns, others = _columns(texts, own, papers), _columns(texts, papers, own)
    stacked = stacked and any(SPREAD in text for text in texts.to_numpy(dtype=str).flat)
    here = _rows(texts.loc[own, columns], marks.loc[own, columns], stacked)
    if not any(papers):
        return [_block(corner, columns, here)]
    if set(others) <= set(columns):
        there = _rows(texts.loc[papers, columns], marks.loc[papers, columns], False)
        return [_block(corner, columns, [*here, Section(SOURCE), *there])]
    there = _rows(texts.loc[papers, others], marks.loc[papers, others], False)
    return [_block(corner, columns, here), _block(corner, others, there, SOURCE)]


def _columns(texts: pd.DataFrame, rows: Sequence[bool], others: Sequence[bool]) -> list[str]:
    """The names of the columns, without those in which only the other rows have texts."""
    mine, theirs = ((texts.loc[list(part)] != "").any() for part in (rows, others))
    return [str(name) for name in texts.columns if mine[name] or not theirs[name]]


def _rows(texts: pd.DataFrame, marks: pd.DataFrame, stacked: bool) -> list[Row]:
    rows = []
    for (name, *cells), best in zip(texts.itertuples(name=None), marks.to_numpy().tolist(), strict=True):
        grey = str(name).endswith(PAPERS)
        lines = tuple(_lines(str(cell), bold, grey, stacked) for cell, bold in zip(cells, best, strict=True))
        rows.append(Row((str(name).removesuffix(PAPERS),), lines, grey))
    return rows


def _lines(text: str, bold: bool, grey: bool, stacked: bool) -> tuple[Line, ...]:
    if not stacked:
        return (Line(text, bold, grey),)
    mean, plus_minus, spread = text.partition(SPREAD)
    return Line(mean, bold, grey), Line((plus_minus + spread).strip(), grey=grey)


def _block(corner: str, columns: Sequence[str], body: Sequence[Row | Section], title: str = "") -> Block:
    return Block((corner,), (), tuple(columns), tuple(body), title)
