"""Descriptions of a study, in Markdown, for MLflow's pages of its experiment, of its parent run and of its trials."""

from collections import Counter
from typing import Any
from urllib.parse import urlencode

from ablations.tracking.content.summary import Summary
from reports.statistics.ruling import WORDS

FIGURE = "report/figure.svg"
"""The figure that is narrow enough: MLflow cuts off what is wider than its page."""
SHOWN_SETTINGS = 40
"""Most settings in a description; the rest is in the artifact study.json."""


def experiment_note(description: dict[str, Any], run_id: str, runs_page: str, summary: Summary | None) -> str:
    """The description of an experiment.

    ``run_id`` is the parent run of the scale that was run last, and ``runs_page`` the address of a table of all runs
    with their axes and metrics.
    """
    title = f"{description['title']}{_reproduces(description)}"
    parts = [
        ". ".join(filter(None, [title.rstrip("."), _short(summary)])),  # MLflow's list shows this line as plain text
        f"Last run at scale {description['scale']}:",
        _command(description),
        *_findings(description, run_id, summary),
        "Each run here is the study at one scale, with one set of overrides, and its child runs are the trials. "
        f"[Show the trials with their axes and metrics]({runs_page}).",
    ]
    return "\n\n".join(parts)


def parent_note(description: dict[str, Any], run_id: str, summary: Summary | None) -> str:
    """The description of a parent run."""
    scale = f"{description['scale']} ({description['scale_description']})".replace(" ()", "")
    parts = [
        f"**{description['title']}**{_reproduces(description)}, at scale {scale}. "
        "The whole study: its trials are the child runs, and its report is among the artifacts.",
        _short(summary),
        *_findings(description, run_id, summary),
        _command(description),
        *_settings(description),
    ]
    return "\n\n".join(filter(None, parts))


def trial_note(study: str, trial_id: str) -> str:
    """The description of a trial's run."""
    return f"A trial of the study {study}. `ablate show {trial_id}` shows its configuration, curve and result."


def _reproduces(description: dict[str, Any]) -> str:
    key = description["reproduces"]
    return f", after the paper's {key.replace('_', ' ')}" if key else ""


def _command(description: dict[str, Any]) -> str:
    return f"```\n{description['command']}\n```"


def _short(summary: Summary | None) -> str:
    """The findings in two sentences at most; empty before there are any."""
    if summary is None:
        return ""
    counts = Counter(verdict.word for verdict in summary.verdicts)
    counted = ", ".join(f"{counts[word]} {word.lower()}" for word in WORDS if counts[word])
    return " ".join(filter(None, [f"Claims: {counted}." if counted else "", summary.best]))


def _findings(description: dict[str, Any], run_id: str, summary: Summary | None) -> list[str]:
    if summary is None:
        claims = [f"- {_line(claim['says'])} ({_line(claim['source'])})" for claim in description["claims"]]
        return ["\n".join(["Claims, without verdicts so far:", "", *claims])] if claims else []
    verdicts = [
        f"- **{verdict.word.lower()}**: {_line(verdict.claim.says)} ({_line(verdict.claim.source)}) "
        f"*{_line(verdict.reason)}*"
        for verdict in summary.verdicts
    ]
    address = f"get-artifact?{urlencode({'path': FIGURE, 'run_uuid': run_id})}"
    return ["\n".join(verdicts), f"![figure]({address})"]


def _settings(description: dict[str, Any]) -> list[str]:
    settings = list(description["settings"].items())
    if not settings:
        return []
    rows = [f"| {_cell(name)} | {_cell(str(value))} |" for name, value in settings[:SHOWN_SETTINGS]]
    more = len(settings) - len(rows)
    return ["\n".join(["| setting of all trials | |", "|---|---|", *rows]), *([f"and {more} more"] if more else [])]


def _cell(text: str) -> str:
    """Text in a Markdown table."""
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())
