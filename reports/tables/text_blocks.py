"""The blocks of a table of texts, such as the texts of a ``Drawn``."""

from collections.abc import Sequence

import pandas as pd

from reports.cells.names import OUTSIDE, PAPERS
from reports.tables.blocks import RULE, Block, Line, Row, Section

SPREAD = " ± "


def text_blocks(
    texts: pd.DataFrame,
    corner: str,
    bold: pd.DataFrame | None,
    stacked: bool,
    source: str = "The paper's numbers",
) -> list[Block]:
    """The blocks of a table of texts: one's own rows, then the baselines below a rule, then the published rows.

    The published rows are below the title ``source`` in the same table, or in a table of their own if they have other
    columns. ``stacked`` puts a spread under its mean.
    """
    marks = pd.DataFrame(False, texts.index, texts.columns) if bold is None else bold
    papers, outside = ([str(name).endswith(ending) for name in texts.index] for ending in (PAPERS, OUTSIDE))
    own = [not paper for paper in papers]
    grid = [mine and not baseline for mine, baseline in zip(own, outside, strict=True)]
    columns, others = _columns(texts, own, papers), _columns(texts, papers, own)
    stacked = stacked and any(SPREAD in text for text in texts.to_numpy(dtype=str).flat)
    here, below = (_rows(texts.loc[part, columns], marks.loc[part, columns], stacked) for part in (grid, outside))
    body: list[Row | Section] = [*here]
    if below:
        body += [RULE, *below]
    if not any(papers):
        return [_block(corner, columns, body)]
    if set(others) <= set(columns):
        there = _rows(texts.loc[papers, columns], marks.loc[papers, columns], False)
        return [_block(corner, columns, [*body, Section(source), *there])]
    there = _rows(texts.loc[papers, others], marks.loc[papers, others], False)
    return [_block(corner, columns, body), _block(corner, others, there, source)]


def _columns(texts: pd.DataFrame, rows: Sequence[bool], others: Sequence[bool]) -> list[str]:
    """The names of the columns, without those in which only the other rows have texts."""
    mine, theirs = ((texts.loc[list(part)] != "").any() for part in (rows, others))
    return [str(name) for name in texts.columns if mine[name] or not theirs[name]]


def _rows(texts: pd.DataFrame, marks: pd.DataFrame, stacked: bool) -> list[Row]:
    rows = []
    for (name, *cells), best in zip(texts.itertuples(name=None), marks.to_numpy().tolist(), strict=True):
        grey = str(name).endswith(PAPERS)
        lines = tuple(_lines(str(cell), bold, grey, stacked) for cell, bold in zip(cells, best, strict=True))
        rows.append(Row((str(name).removesuffix(PAPERS).removesuffix(OUTSIDE),), lines, grey))
    return rows


def _lines(text: str, bold: bool, grey: bool, stacked: bool) -> tuple[Line, ...]:
    if not stacked:
        return (Line(text, bold, grey),)
    mean, plus_minus, spread = text.partition(SPREAD)
    return Line(mean, bold, grey), Line((plus_minus + spread).strip(), grey=grey)


def _block(corner: str, columns: Sequence[str], body: Sequence[Row | Section], title: str = "") -> Block:
    return Block((corner,), (), tuple(columns), tuple(body), title)
