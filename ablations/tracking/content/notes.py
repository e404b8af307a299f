"""Descriptions of a study, in Markdown, for MLflow's pages of its experiment and of its parent run."""

from typing import Any
from urllib.parse import urlencode

from ablations.tracking.content.summary import Summary

FIGURE = "report/figure.png"
SHOWN_SETTINGS = 40
"""Most settings in a description; the rest is in the artifact study.json."""


def experiment_note(description: dict[str, Any], run_id: str, summary: Summary | None) -> str:
    """The description of an experiment. ``run_id`` is the parent run of the scale that was run last."""
    parts = [
        f"**{description['title']}**{_reproduces(description)}",
        f"Last run at scale {description['scale']}:",
        _command(description),
        *_findings(description, run_id, summary),
        "Each run here is the study at one scale, with one set of overrides. Open its + to see its trials.",
    ]
    return "\n\n".join(parts)


def parent_note(description: dict[str, Any], run_id: str, summary: Summary | None) -> str:
    """The description of a parent run."""
    scale = f"{description['scale']} ({description['scale_description']})".replace(" ()", "")
    parts = [
        f"**{description['title']}**{_reproduces(description)} at scale {scale}.",
        "This run stands for the whole study, and its child runs are the trials. Its report is among the artifacts.",
        _command(description),
        *_findings(description, run_id, summary),
        *_settings(description),
    ]
    return "\n\n".join(parts)


def _reproduces(description: dict[str, Any]) -> str:
    key = description["reproduces"]
    return f", after the paper's {key.replace('_', ' ')}" if key else ""


def _command(description: dict[str, Any]) -> str:
    return f"```\n{description['command']}\n```"


def _findings(description: dict[str, Any], run_id: str, summary: Summary | None) -> list[str]:
    if summary is None:
        claims = [f"- {claim['says']} ({claim['source']})" for claim in description["claims"]]
        return ["\n".join(["Claims, without verdicts so far:", *claims])] if claims else []
    rows = [
        f"| {verdict.word.lower()} | {_cell(verdict.claim.says)} ({_cell(verdict.claim.source)}) "
        f"| {_cell(verdict.reason)} |"
        for verdict in summary.verdicts
    ]
    table = ["\n".join(["| verdict | claim | effect |", "|---|---|---|", *rows])] if rows else []
    figure = f"![figure](get-artifact?{urlencode({'path': FIGURE, 'run_uuid': run_id})})"
    return [*table, *filter(None, [summary.best]), figure]


def _settings(description: dict[str, Any]) -> list[str]:
    settings = list(description["settings"].items())
    if not settings:
        return []
    rows = [f"| {_cell(name)} | {_cell(str(value))} |" for name, value in settings[:SHOWN_SETTINGS]]
    more = len(settings) - len(rows)
    return ["\n".join(["| setting of all trials | |", "|---|---|", *rows]), *([f"and {more} more"] if more else [])]


def _cell(text: str) -> str:
    """Text in a Markdown table."""
    return " ".join(text.replace("|", "\\|").split())
