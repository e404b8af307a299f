"""A table as Markdown, and texts that are safe in it: names come from study files, and may have any characters."""

import html

import pandas as pd


def markdown(texts: pd.DataFrame, corner: str, bold: pd.DataFrame | None = None) -> str:
    """A table in Markdown; its first column has the names of the rows, under the heading ``corner``."""
    header = [_cell(corner), *map(_cell, texts.columns)]
    lines = [header, ["---", *["---:"] * len(texts.columns)], *_emphasised(texts, bold)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines) + "\n"


def plain(text: object) -> str:
    """A text on one line, with HTML escaped."""
    return html.escape(" ".join(str(text).split()), quote=False)


def _emphasised(texts: pd.DataFrame, bold: pd.DataFrame | None) -> list[list[str]]:
    """The texts of each row, its name first; bold ones are emphasised."""
    strong = [[False] * len(texts.columns)] * len(texts) if bold is None else bold.to_numpy().tolist()
    rows = []
    for (name, *cells), marks in zip(texts.itertuples(name=None), strong, strict=True):
        shown = [f"**{text}**" if best else text for text, best in zip(map(_cell, cells), marks, strict=True)]
        rows.append([_cell(name), *shown])
    return rows


def _cell(text: object) -> str:
    return plain(text).replace("|", r"\|")
