"""The registry of figure kinds: one from outside the project is read, checked, described and drawn as any other."""

from collections.abc import Iterator
from typing import Literal

import pandas as pd
import pytest
from invented import report, trials
from matplotlib.figure import Figure
from pydantic import ValidationError

from ablations.study.schema.study_schema import study_schema
from ablations.study.study import Study
from reports.figures.drawn import Drawn, draw
from reports.kinds import KINDS, Axis, Metric, Spec, figure_kind
from reports.specs import TableReport
from reports.study_report import StudyReport


@pytest.fixture(autouse=True)
def dots() -> Iterator[None]:
    """A kind of figure that is there for the time of a test."""

    @figure_kind(f"{__name__}:draw_dots")
    class OwnDotsReport(Spec):
        """A dot for each trial."""

        kind: Literal["own_dots"] = "own_dots"
        across: Axis
        metric: Metric = "top1"

    assert KINDS["own_dots"].spec is OwnDotsReport
    yield
    del KINDS["own_dots"]


def draw_dots(report: StudyReport, spec: Spec) -> Drawn:
    return Drawn(Figure(), pd.DataFrame({"dots": [str(len(report.table))]}), "", report.table, [])


def study(**drawn: str) -> Study:
    return Study.model_validate({"name": "small", "report": {"kind": "own_dots", **drawn}})


def test_a_kind_from_outside_is_read_and_drawn() -> None:
    spec = study(across="epochs").report
    assert spec is not None
    table = trials(["epochs"], {("1",): [60.0], ("2",): [61.0]})
    assert draw(report(spec, table, ["epochs"])).texts.to_numpy().tolist() == [["2"]]


def test_its_mistakes_are_found_in_their_place() -> None:
    with pytest.raises(ValidationError) as error:
        study(across="epochs", acros="1")
    assert error.value.errors()[0]["loc"] == ("report", "own_dots", "acros")
    assert [name for _, name in TableReport(rows=["a", "b"], metrics=["top5"]).named("axis")] == ["a", "b"]
    assert list(TableReport(rows=["a"], metrics=["top5"]).named("metric")) == [(("metrics", 0), "top5")]


def test_the_schema_of_study_files_has_it() -> None:
    schema = study_schema()
    choice = schema["properties"]["report"]["anyOf"][0]
    assert choice["discriminator"]["mapping"]["own_dots"] == "#/$defs/OwnDotsReport"
    assert schema["$defs"]["OwnDotsReport"]["description"] == "A dot for each trial."


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ValueError, match="'bars' already"):

        @figure_kind("nowhere:draw")
        class Bars(Spec):
            kind: Literal["bars"] = "bars"
            metric: Metric = "top1"


def test_a_study_without_a_kind_is_a_heatmap() -> None:
    read = Study.model_validate({"name": "small", "report": {"rows": "a", "columns": "b"}})
    assert read.report is not None
    assert read.report.kind == "heatmap"
    assert read.model_dump(mode="json")["report"]["rows"] == "a"
