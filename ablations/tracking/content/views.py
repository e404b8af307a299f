"""How MLflow shows an experiment: which metric comes first in its charts, and which runs and columns its table has.

MLflow keeps the columns of its table in each reader's browser. But an experiment can hold a view to share: whoever
opens the table by a link with the view's key has that view's runs, order and columns.
"""

import json

from ablations.tracking.content.summary import Summary
from ablations.tracking.content.trial import CHOSEN
from ablations.types.metrics import own

PRIMARY_METRIC = "mlflow.experiment.primaryMetric.name"
KIND = {"mlflow.experimentKind": "custom_model_development"}
"""Tag of an experiment that trains models: MLflow opens its table of runs, not its frame for generative AI."""
VIEW = "mlflow.sharedViewState."
WORKFLOW = "workflowType=machine_learning"
"""Without it, MLflow opens its frame for generative AI."""
MOST_COLUMNS = 20


def view_tags(summary: Summary, run_id: str) -> dict[str, str]:
    """Tags of an experiment for its charts, and for the table of the trials of one parent run.

    MLflow hides trials under their parent run as long as its table is sorted by time. It shows metrics before tags, so
    that a table of all metrics would hide the axes.
    """
    metrics = _main(summary)
    first = next(iter(metrics), summary.metric)
    shown = [
        "attributes.`Duration`",
        *(f"metrics.`{name}`" for name in metrics[:MOST_COLUMNS]),
        *(f"tags.`axis.{axis}`" for axis in summary.axes[:MOST_COLUMNS]),
        *(f"tags.`tune.{axis}`" for axis in summary.tuned[:MOST_COLUMNS]),
        *([f"tags.`{CHOSEN}`"] if summary.tuned else []),
        "tags.`ablate.seed`",
    ]
    state = {
        "orderByKey": f"metrics.`{first}`",
        "orderByAsc": False,
        "lifecycleFilter": "Active",
        "startTime": "ALL",
        "searchFilter": f"tags.mlflow.parentRunId = '{run_id}'",
        "selectedColumns": shown,
    }
    return {PRIMARY_METRIC: first, VIEW + run_id: json.dumps(state)}


def run_page(experiment_id: str, run_id: str) -> str:
    """Address of a run, from any page of MLflow."""
    return f"#/experiments/{experiment_id}/runs/{run_id}?{WORKFLOW}"


def trials_page(experiment_id: str, run_id: str) -> str:
    """Address of the table of the trials of a parent run, as ``view_tags`` has it, from any page of MLflow."""
    return f"#/experiments/{experiment_id}/runs?{WORKFLOW}&viewStateShareKey={run_id}"


def charts_page(experiment_id: str, run_id: str) -> str:
    """Address of the charts of the same trials."""
    return f"{trials_page(experiment_id, run_id)}&compareRunsMode=CHART"


def _main(summary: Summary) -> list[str]:
    """The metrics that trials of each protocol have for the report's; all metrics if there are none."""
    meant = {summary.metric, *own().get(summary.metric, ())}
    last = summary.metric.rpartition("/")[2]
    return [name for name in summary.scores if name in meant or name.rpartition("/")[2] == last] or summary.scores
