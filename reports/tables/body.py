"""The rows and columns of a table, from the cells of a study and of the paper."""

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pandas as pd

from reports.cells.baselines import placed
from reports.cells.metric_names import label_of
from reports.cells.names import OUTSIDE, PAPERS, axis_name, whole_name
from reports.cells.summary import BASELINES, HERE, LABEL, OTHERS, PAPER, of, values_of
from reports.specs import TableReport
from reports.tables.blocks import RULE, Block, Line, Row, Section

Column = tuple[str, str]
"""A column: a value of the axis of the columns, empty if there is no such axis, and a metric."""
Labels = tuple[str, ...]
"""The labels of a row: its values on the axes of the rows."""
Cell = dict[str, Any]
Cells = dict[tuple[Labels, Column], Cell]
Body = tuple[Row | Section, ...]
EMPTY = {"failed": "failed", "stopped": "stopped", "waiting": "…", "done": "–"}
"""The texts that stand for a mean that is not known, by the state of the cell."""


def blocks(data: pd.DataFrame, spec: TableReport, source: str, stacked: bool) -> list[Block]:
    """The blocks of a table: one's own rows, with the paper's numbers of the same cells under them, then the baselines
    below a rule, then the paper's other rows.

    The paper's other rows have the title ``source``. They are in the same table if they have the same columns, else in
    a table of their own. ``stacked`` puts a spread under its mean.
    """
    ours, theirs = _cells(data, spec, HERE), _cells(data, spec, PAPER)
    columns = _columns(data, spec, [HERE])
    spread = stacked and bool(data["spread"].notna().any())
    rows = [
        Row(labels, tuple(_both(ours.get((labels, c)), theirs.get((labels, c)), spread) for c in columns))
        for labels in _labels(ours)
    ]
    outside = _cells(placed(data, spec.columns), spec, BASELINES)
    below = [_row(labels, outside, columns, spread) for labels in _labels(outside)]
    body: Body = (*_without_repeats(rows),)
    if below:
        body += (RULE, *below)
    rest = {key: cell for key, cell in theirs.items() if key[0] in _unmatched(theirs, ours)}
    rest |= _cells(data, spec, OTHERS)
    if not rest:
        return [_block(spec, columns, body)]
    others = _columns(data, spec, [PAPER, OTHERS])
    same = set(others) <= set(columns)
    papers = [_grey(labels, rest, columns if same else others) for labels in _labels(rest)]
    their_body: Body = (*_without_repeats(papers),)
    if same:
        return [_block(spec, columns, (*body, Section(source), *their_body))]
    return [_block(spec, columns, body), _block(spec, others, their_body, source)]


def table_texts(data: pd.DataFrame, spec: TableReport) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The cells as text, and whether each is bold. Names of the paper's rows end with ``PAPERS``, those of baselines
    with ``OUTSIDE``."""
    columns = _columns(data, spec, [HERE, PAPER, OTHERS])
    rows = {
        name: [_lines(cells.get((labels, column)), False)[0] for column in columns]
        for name, labels, cells in _named_rows(data, spec)
    }
    names = [_name(column, spec) for column in columns]
    texts = {name: [line.text for line in lines] for name, lines in rows.items()}
    bold = {name: [line.bold for line in lines] for name, lines in rows.items()}
    return (
        pd.DataFrame.from_dict(texts, orient="index", columns=names),
        pd.DataFrame.from_dict(bold, orient="index", columns=names),
    )


def _named_rows(data: pd.DataFrame, spec: TableReport) -> Iterator[tuple[str, Labels, Cells]]:
    """The name of each row, its labels, and the cells it is taken from: one's own rows, each with the paper's below it,
    then the baselines, then the paper's other rows."""
    ours, theirs = _cells(data, spec, HERE), _cells(data, spec, PAPER) | _cells(data, spec, OTHERS)
    names = _row_names([*_labels(ours), *_labels(theirs)])
    for labels in _labels(ours):
        yield names[labels], labels, ours
        if labels in _labels(theirs):
            yield names[labels] + PAPERS, labels, theirs
    outside = _cells(placed(data, spec.columns), spec, BASELINES)
    yield from ((labels[0] + OUTSIDE, labels, outside) for labels in _labels(outside))
    yield from ((names[labels] + PAPERS, labels, theirs) for labels in _labels(theirs) if labels not in _labels(ours))


def _cells(data: pd.DataFrame, spec: TableReport, source: str) -> Cells:
    cells = {}
    for cell in of(data, source).to_dict("records"):
        on_axes = source in (HERE, PAPER)
        labels = tuple(str(cell[axis]) for axis in spec.rows) if on_axes else _outside(cell, len(spec.rows))
        column = str(cell[spec.columns]) if spec.columns else "", str(cell["metric"])
        cells[labels, column] = {str(name): value for name, value in cell.items()}
    return cells


def _outside(cell: dict[Any, Any], count: int) -> Labels:
    """The labels of a baseline or another method: its name, and its architecture if it is known."""
    told = [text for name in (LABEL, "architecture") if isinstance(text := cell.get(name), str) and text]
    return (", ".join(told),) if count == 1 else tuple([*told, *[""] * count][:count])


def _columns(data: pd.DataFrame, spec: TableReport, sources: list[str]) -> list[Column]:
    cells = pd.concat([of(data, source) for source in sources])
    return [(value, metric) for value in values_of(cells, spec.columns) for metric in spec.metrics]


def _labels(cells: Cells) -> list[Labels]:
    return list(dict.fromkeys(labels for labels, _ in cells))


def _row_names(rows: list[Labels]) -> dict[Labels, str]:
    """The name of each row: its labels; with a dash for each axis that it does not have if another would have the same
    name, such as 0.5 on one axis and 0.5 on the next."""
    names = {labels: ", ".join(filter(None, labels)) for labels in rows}
    counts = Counter(names.values())
    return {labels: name if counts[name] == 1 else whole_name(labels) for labels, name in names.items()}


def _unmatched(theirs: Cells, ours: Cells) -> set[Labels]:
    return {key[0] for key in theirs if key not in ours}


def _lines(cell: Cell | None, stacked: bool) -> tuple[Line, ...]:
    """The lines of one's own cell: ``63.2 ± 0.4``, ``63.2``, ``failed``, ``stopped``, or ``…`` if there is no result
    yet. ``–`` if its trials leave no such metric, and empty if the grid has no such cell."""
    if cell is None or math.isnan(cell["mean"]):
        empty = "" if cell is None else EMPTY[cell["state"]]
        return (Line(empty), Line("")) if stacked else (Line(empty),)
    mean, spread = f"{cell['mean']:.1f}", "" if math.isnan(cell["spread"]) else f"± {cell['spread']:.1f}"
    bold = cell["best"] is True
    return (Line(mean, bold), Line(spread)) if stacked else (Line(f"{mean} {spread}".strip(), bold),)


def _row(labels: Labels, cells: Cells, columns: list[Column], stacked: bool) -> Row:
    return Row(labels, tuple(_lines(cells.get((labels, column)), stacked) for column in columns))


def _both(ours: Cell | None, theirs: Cell | None, stacked: bool) -> tuple[Line, ...]:
    return *_lines(ours, stacked), *_paper_line(theirs)


def _paper_line(cell: Cell | None) -> tuple[Line, ...]:
    return (Line(f"{cell['mean']:.1f}", grey=True),) if cell else ()


def _grey(labels: Labels, cells: Cells, columns: list[Column]) -> Row:
    return Row(labels, tuple(_paper_line(cells.get((labels, column))) or (Line(""),) for column in columns), grey=True)


def _without_repeats(rows: list[Row]) -> list[Row]:
    """The rows without labels that are the same as above. The last label of a row is always kept."""
    shown: list[Row] = []
    above: Labels = ()
    for row in rows:
        same = 0
        while same < len(row.labels) - 1 and row.labels[: same + 1] == above[: same + 1]:
            same += 1
        above = row.labels
        shown.append(Row(("",) * same + row.labels[same:], row.cells, row.grey))
    return shown


def _block(spec: TableReport, columns: list[Column], body: Body, title: str = "") -> Block:
    corner = tuple(spec.labels.get(axis, axis_name(axis)) for axis in spec.rows)
    if spec.columns is None or len(spec.metrics) == 1:
        across = spec.labels.get(spec.columns or "", "")
        over = ((across, len(columns)),) if across else ()
        return Block(corner, over, tuple(_name(column, spec) for column in columns), body, title)
    spans = tuple((value, len(spec.metrics)) for value in dict.fromkeys(value for value, _ in columns))
    return Block(corner, spans, tuple(_metric_name(metric, spec) for _, metric in columns), body, title)


def _name(column: Column, spec: TableReport) -> str:
    """The name of a column, in one line."""
    value, metric = column
    if spec.columns is None:
        return _metric_name(metric, spec)
    return value or "–" if len(spec.metrics) == 1 else f"{value}, {_metric_name(metric, spec)}"


def _metric_name(metric: str, spec: TableReport) -> str:
    return spec.labels.get(metric, label_of(metric))
