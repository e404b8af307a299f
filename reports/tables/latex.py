"""A table as LaTeX, to be ``\\input`` in a two-column paper."""

from collections.abc import Callable, Iterator, Sequence

from reports.tables.blocks import BELOW_RULE, RULE, Block, Line, Row, Section, column_widths, head_lines
from reports.tables.latex_text import cell, escaped

COLUMN, PAGE = 234, 487
"""The widths of a column and of a page in the layout of the SimCLR paper, in points."""
NARROWER = 0.92
"""The width of a text in Computer Modern at the size that is set here, as a part of the width that
``reports.tables.blocks`` measures."""
LAYOUTS = (
    ("table", COLUMN, False, False),
    ("table", COLUMN, True, False),
    ("table*", PAGE, False, False),
    ("table*", PAGE, True, False),
    ("table*", PAGE, True, True),
)
"""The layouts that are tried, until one is narrow enough, else the last: environment, width in points, whether a spread
is under its mean, and whether headings are rotated."""
NEEDS = "% needs \\usepackage{booktabs,graphicx,xcolor} and, for letters with accents, \\usepackage[T1]{fontenc}\n"


def latex(blocks: Callable[[bool], Sequence[Block]], caption: str, grey: str = "the paper's") -> str:
    """The LaTeX of a table with its caption.

    ``blocks`` returns the blocks of the table; its argument says whether a spread is under its mean. Numbers in grey
    are those that ``grey`` names.
    """
    for environment, width, stacked, upright in LAYOUTS:  # noqa: B007
        tables = blocks(stacked)
        if NARROWER * max(sum(column_widths(table, upright)) for table in tables) <= width:
            break
    told = " ".join([caption, *_notes(tables, grey)])
    return (
        f"{NEEDS}\\begin{{{environment}}}[t]\n\\centering\n\\footnotesize\n\\setlength{{\\tabcolsep}}{{4pt}}\n"
        f"\\caption{{{escaped(told)}}}\n\\smallskip\n"
        + "\\par\\medskip\n".join(_tabular(table, upright) for table in tables)
        + f"\\end{{{environment}}}\n"
    )


def _notes(tables: Sequence[Block], grey: str) -> Iterator[str]:
    """Sentences for the caption that explain spreads, baselines and grey numbers."""
    lines = [line for table in tables for row in table.rows for cell in row.cells for line in cell]
    if any("±" in line.text for line in lines):
        yield "±: standard deviation over seeds."
    if any(RULE in table.body for table in tables):
        yield BELOW_RULE
    if any(line.grey and line.text for line in lines):
        yield f"Grey: {grey}."


def _tabular(block: Block, upright: bool) -> str:
    labels, columns = len(block.corner), len(block.heads)
    title = f"\\textit{{{escaped(block.title)}}}\\\\[2pt]\n" if block.title else ""
    body = "".join(_part(part, labels + columns) for part in block.body)
    return (
        f"{title}\\begin{{tabular}}{{@{{}}{'l' * labels}{'r' * columns}@{{}}}}\n\\toprule\n"
        f"{_spans(block)}{_heads(block, upright)}\\midrule\n{body}\\bottomrule\n\\end{{tabular}}\n"
    )


def _spans(block: Block) -> str:
    """Headings above several columns, each with a rule under it."""
    first, titles, rules = len(block.corner) + 1, [], []
    for title, count in block.spans:
        titles.append(f"\\multicolumn{{{count}}}{{c}}{{{escaped(title)}}}")
        rules.append(f"\\cmidrule(lr){{{first}-{first + count - 1}}}")
        first += count
    return f"{'& ' * len(block.corner)}{' & '.join(titles)} \\\\\n{' '.join(rules)}\n" if titles else ""


def _heads(block: Block, upright: bool) -> str:
    """The headings of columns, on as many lines as they need; short ones are on the last line, above the rule."""
    columns = [*(_head(head, False) for head in block.corner), *(_head(head, upright) for head in block.heads)]
    depth = max(map(len, columns))
    rows = zip(*([""] * (depth - len(lines)) + lines for lines in columns), strict=True)
    return "".join(f"{' & '.join(row)} \\\\\n" for row in rows)


def _head(head: str, upright: bool) -> list[str]:
    if upright:
        return [f"\\rotatebox{{90}}{{{escaped(head)}}}"]
    return [escaped(line) for line in head_lines(head, False)]


def _part(part: Row | Section, width: int) -> str:
    if isinstance(part, Section):
        title = f"\\multicolumn{{{width}}}{{@{{}}l}}{{\\textit{{{escaped(part.title)}}}}} \\\\\n" if part.title else ""
        return f"\\midrule\n{title}"
    lines = []
    for number in range(part.lines):
        labels = [_line(Line(label if number == 0 else "", grey=part.grey)) for label in part.labels]
        cells = [_line(lines[number]) if number < len(lines) else "" for lines in part.cells]
        lines.append(f"{' & '.join([*labels, *cells])} \\\\\n")
    return "".join(lines) + ("\\addlinespace\n" if part.lines > 1 else "")


def _line(line: Line) -> str:
    text = cell(line.text)
    text = f"\\textbf{{{text}}}" if line.bold else text
    return f"\\textcolor{{black!60}}{{{text}}}" if line.grey and text else text
