"""What a study file holds."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from core.config import Config
from core.config.base import default_tag
from reports import published

Settings = dict[str, Any]
"""Fields of ``PretrainConfig``, and those of ``EvaluateConfig`` under ``evaluate``: nested, or by dotted path."""

Axes = Annotated[dict[str, Annotated[list[Any], Field(min_length=1)]], Field(min_length=1)]
"""For each dotted path the values that it takes; the trials are their product."""

Seeds = (
    Annotated[int, Field(ge=1, le=1000)] | Annotated[list[Annotated[int, Field(ge=0, lt=2**31)]], Field(min_length=1)]
)
"""A list of seeds, or how many, counted from 0."""


class Resources(Config):
    """What one trial occupies while it runs. It changes no result, so it is no part of a trial's identity."""

    cpu: Annotated[float, Field(gt=0)] = 1
    """Cores; a trial's PyTorch uses as many threads."""
    gpu: Annotated[float, Field(ge=0)] = 0
    """GPUs; 0.25 runs four trials on one."""


class Scale(Config):
    """How large a study is run: what changes from one scale to another."""

    description: str = ""
    """One line on what it takes."""
    base: Settings = {}
    grid: Axes | None = None
    """Replaces the study's grid."""
    seeds: Seeds | None = None
    """Replaces the study's seeds."""
    resources: Resources | None = None


Metric = Literal[
    "linear_eval/top1",
    "linear_eval/top5",
    "linear_eval/mean_per_class",
    "linear_eval/map_11",
    "knn/top1",
    "pretrain/loss",
    "pretrain/contrastive_top1",
    "pretrain/entropy",
]


class HeatmapReport(Config):
    """Two axes as rows and columns, with the row's mean as a last column. Figure 5."""

    kind: Literal["heatmap"] = "heatmap"
    rows: str
    """The axis of the rows."""
    columns: str
    """The axis of the columns."""
    row_label: str = ""
    """Written beside the rows; the axis' path where it is not given."""
    column_label: str = ""
    metric: Metric = "linear_eval/top1"


class PointsReport(Config):
    """A metric over the values of one axis, with a line for each combination of the other axes."""

    kind: Literal["points"] = "points"
    x: str
    """The axis along the figure."""
    metric: Metric = "linear_eval/top1"


Report = Annotated[
    HeatmapReport | PointsReport, Field(discriminator="kind"), BeforeValidator(default_tag("kind", "heatmap"))
]


Cells = list[Annotated[list[Any], Field(min_length=1)]]
"""Each a value for every axis, in the order of the grid."""


class Claim(Config):
    """What the paper says, so that results can tell whether it holds: the best of ``cells`` is better than the
    best of ``than`` by more than ``margin``. Either may be left out and means all the other cells."""

    says: str
    """In the paper's words or close to them."""
    source: str
    """Where it says so."""
    cells: Cells = []
    than: Cells = []
    margin: Annotated[float, Field(ge=0)] = 0.0
    """In units of the report's metric."""


def _published(key: str | None) -> str | None:
    if key is not None and key not in published():
        raise ValueError(f"there are no published numbers called {key!r}; known are {', '.join(published())}")
    return key


class Study(Config):
    """A question to be answered by trials."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,99}$")]
    """Also the name of the MLflow experiment."""
    title: str = ""
    """Stands above the figure."""
    reproduces: Annotated[str | None, AfterValidator(_published)] = None
    """The paper's figure or table, such as ``figure_5``, to draw beside the results."""
    claims: list[Claim] = []
    """What the paper says of it; the report gives each a verdict."""
    base: Settings = {}
    """Settings of every trial."""
    grid: Axes
    """The axes; see ``Axes``."""
    baselines: dict[str, Settings] = {}
    """Named trials outside the grid, to compare it with."""
    seeds: Seeds | None = None
    """One where neither the study nor its scale says how many."""
    resources: Resources | None = None
    """One core where neither the study nor its scale says what."""
    scales: dict[str, Scale] = {}
    """What this study changes at a scale, over the common ``scales/<name>.yaml``."""
    report: Report | None = None
    """How the result is drawn; without it a heatmap of two axes, or points over the first."""
