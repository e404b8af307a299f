"""Descriptions of a study, in Markdown, for MLflow's pages of its experiment, of its parent run and of its trials."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from ablations.tracking.content.summary import Summary
from ablations.tracking.content.views import charts_page, trials_page
from ablations.types.trial import Result
from reports.statistics.ruling import counts_text
from reports.statistics.verdicts import Verdict

NOTE = "mlflow.note.content"
"""Tag that MLflow shows as the description of a run or of an experiment."""
FIGURE = "report/figure.svg"
"""The figure that is narrow enough: MLflow cuts off what is wider than its page."""
SHOWN_SETTINGS = 40
"""Most settings in a description; the rest is in the artifact study.json."""


def experiment_note(description: dict[str, Any], experiment_id: str, run_id: str, summary: Summary | None) -> str:
    """The description of an experiment; ``run_id`` is the parent run of the scale that was run last."""
    title = f"{description['title']}{_reproduces(description)}"
    parts = [
        ". ".join(filter(None, [title.rstrip("."), _short(summary)])),  # MLflow's list shows this line as plain text
        f"Last run at scale {description['scale']}:",
        _command(description),
        *_findings(description, run_id, summary),
        "Each run here is the study at one scale, with one set of overrides, and its child runs are the trials."
        f"{_links(experiment_id, run_id, summary)}",
    ]
    return "\n\n".join(parts)


def parent_note(description: dict[str, Any], experiment_id: str, run_id: str, summary: Summary | None) -> str:
    """The description of a parent run."""
    scale = f"{description['scale']} ({description['scale_description']})".replace(" ()", "")
    parts = [
        f"**{description['title']}**{_reproduces(description)}, at scale {scale}. "
        "The whole study: its trials are the child runs, and its report is among the artifacts.",
        f"{_short(summary)}{_links(experiment_id, run_id, summary)}",
        *_findings(description, run_id, summary),
        _command(description),
        *_settings(description),
    ]
    return "\n\n".join(filter(None, parts))


def trial_note(study: str, trial_id: str, result: Result | None = None) -> str:
    """The description of a trial's run; of one that has ended without a result it says why."""
    told = f"A trial of the study {study}. `ablate show {trial_id}` shows its configuration, curve and result."
    if result and result.state == "failed":
        return f"{told}\n\n**It failed**; the artifact `traceback.txt` has the place.\n\n```\n{result.error}\n```"
    if result and result.state == "stopped":
        return f"{told}\n\nIt was stopped early, after epoch {result.stopped_at}, and has no result."
    return told


def _reproduces(description: dict[str, Any]) -> str:
    key = description["reproduces"]
    return f", after the paper's {key.replace('_', ' ')}" if key else ""


def _command(description: dict[str, Any]) -> str:
    return f"```\n{description['command']}\n```"


def _short(summary: Summary | None) -> str:
    """The findings in two sentences at most; empty before there are any."""
    if summary is None:
        return ""
    return " ".join(filter(None, [claims_counted(summary.verdicts), summary.best]))


def claims_counted(verdicts: Sequence[Verdict]) -> str:
    """``Claims: 3 supported, 1 undecided.``; empty without claims."""
    return f"Claims: {verdicts_counted(verdicts)}." if verdicts else ""


def verdicts_counted(verdicts: Sequence[Verdict]) -> str:
    """``3 supported, 1 undecided``; ``no claims`` without any."""
    return counts_text((one.word, one.calibration) for one in verdicts)


def _links(experiment_id: str, run_id: str, summary: Summary | None) -> str:
    """A sentence with links to the trials; empty before a report has said which columns they have."""
    if summary is None:
        return ""
    table, charts = trials_page(experiment_id, run_id), charts_page(experiment_id, run_id)
    return f" [All trials with their axes and metrics]({table}), the best first, and [their charts]({charts})."


def _findings(description: dict[str, Any], run_id: str, summary: Summary | None) -> list[str]:
    if summary is None:
        claims = [f"- {_line(claim['says'])} ({_line(claim['source'])})" for claim in description["claims"]]
        return ["\n".join(["Claims, without verdicts so far:", "", *claims])] if claims else []
    return [verdict_lines(summary.verdicts), artifact_picture(run_id, FIGURE)]


def verdict_lines(verdicts: Sequence[Verdict]) -> str:
    """A list of verdicts, each with its claim and its reason."""
    return "\n".join(
        f"- **{one.word.lower()}**: {_line(one.claim.says)} ({_line(one.claim.source)}) *{_line(one.reason)}*"
        for one in verdicts
    )


def artifact_picture(run_id: str, path: str) -> str:
    """A picture among the artifacts of a run."""
    return f"![figure](get-artifact?{urlencode({'path': path, 'run_uuid': run_id})})"


def _settings(description: dict[str, Any]) -> list[str]:
    settings = list(description["settings"].items())
    if not settings:
        return []
    rows = [f"| {table_cell(name)} | {table_cell(str(value))} |" for name, value in settings[:SHOWN_SETTINGS]]
    more = len(settings) - len(rows)
    return ["\n".join(["| setting of all trials | |", "|---|---|", *rows]), *([f"and {more} more"] if more else [])]


def table_cell(text: str) -> str:
    """Text in a Markdown table."""
    return _line(text).replace("|", "\\|")


def _line(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())
