"""On which hardware and in which numerics the cells of a figure were computed."""

import pandas as pd

FACTS = {"device": "hardware", "numerics": "numerics"}
"""Columns of a table of trials, and what they are called."""
WHY = "The same trial has other random views on a GPU than on a CPU, and other rounding in other numerics."


def circumstances(table: pd.DataFrame) -> str:
    """Return a sentence for each fact in which the trials that are done differ, and why it matters; empty where they
    do not differ."""
    done = table[table["state"] == "done"]
    told = [_told(done[column], name) for column, name in FACTS.items() if column in done]
    return " ".join([*filter(None, told), WHY]) if any(told) else ""


def _told(values: "pd.Series[str]", name: str) -> str:
    counts = values[values != ""].value_counts()
    if len(counts) < 2:
        return ""
    trials = [f"{value} ({count} trial{'s' if count > 1 else ''})" for value, count in counts.items()]
    return f"Its cells differ in {name}: {', '.join(trials)}."
