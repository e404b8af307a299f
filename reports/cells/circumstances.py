"""The hardware and the numerics that the cells of a figure were computed with."""

import pandas as pd

FACTS = {"device": "hardware", "numerics": "numerics"}
"""Columns of a table of trials, and their names for people."""
WHY = "The same trial has other random views on a GPU than on a CPU, and other rounding in other numerics."


def circumstances(table: pd.DataFrame) -> str:
    """A sentence for each fact in which the trials that are done differ, and why it matters; empty if none differs."""
    done = table[table["state"] == "done"]
    sentences = [_sentence(done[column], name) for column, name in FACTS.items() if column in done]
    return " ".join([*filter(None, sentences), WHY]) if any(sentences) else ""


def _sentence(values: "pd.Series[str]", name: str) -> str:
    counts = values[values != ""].value_counts()
    if len(counts) < 2:
        return ""
    trials = [f"{value} ({count} trial{'s' if count > 1 else ''})" for value, count in counts.items()]
    return f"Its cells differ in {name}: {', '.join(trials)}."
