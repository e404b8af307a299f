"""How MLflow shows an experiment: which metric comes first in its charts, and which columns its table has.

MLflow keeps the columns of its table in each reader's browser. What an experiment can hold is a view to share: the
table has these columns for whoever opens it by a link with the view's key.
"""

import json
from collections.abc import Sequence

from ablations.tracking.content.trial import CHOSEN

PRIMARY_METRIC = "mlflow.experiment.primaryMetric.name"
VIEW_KEY = "ablate"
VIEW = f"mlflow.sharedViewState.{VIEW_KEY}"
WORKFLOW = "workflowType=machine_learning"
"""Without it, MLflow opens its frame for generative AI."""
MOST_COLUMNS = 20


def view_tags(axes: Sequence[str], tuned: Sequence[str], metric: str, columns: Sequence[str]) -> dict[str, str]:
    """Tags of an experiment whose trials have these axes and tuned axes. ``columns`` are the metrics in its table, the
    first ones."""
    metrics = [f"best/{metric}", *columns][:MOST_COLUMNS]
    shown = [
        "attributes.`Duration`",
        *(f"tags.`axis.{axis}`" for axis in axes[:MOST_COLUMNS]),
        *(f"tags.`tune.{axis}`" for axis in tuned[:MOST_COLUMNS]),
        *([f"tags.`{CHOSEN}`"] if tuned else []),
        "tags.`ablate.seed`",
        *(f"metrics.`{name}`" for name in metrics),
    ]
    state = {"orderByKey": "attributes.start_time", "orderByAsc": False, "lifecycleFilter": "Active"}
    return {
        PRIMARY_METRIC: next((name for name in columns if name == metric or name.endswith(f"/{metric}")), metric),
        VIEW: json.dumps(state | {"startTime": "ALL", "searchFilter": "", "selectedColumns": shown}),
    }


def runs_page(experiment_id: str) -> str:
    """Address of the table of an experiment's runs with those columns, from any page of MLflow."""
    return f"#/experiments/{experiment_id}/runs?{WORKFLOW}&viewStateShareKey={VIEW_KEY}"
