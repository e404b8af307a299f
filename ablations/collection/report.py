"""The page of several studies, from what was drawn of each."""

from collections.abc import Mapping
from pathlib import Path

from ablations.collection.load import ScaledCollection
from ablations.errors import NotRecordedError
from ablations.load import ScaledStudy
from ablations.report import DrawnReport, draw_report
from reports.collection_page import Entry, write_collection

NOT_RUN = "It has not been run at this scale."


def report_collection(scaled: ScaledCollection, storage: Path) -> tuple[dict[str, DrawnReport], Path]:
    """Draw what MLflow has of each study, and the page of all. Raises ``AblateError`` where MLflow does not answer, or
    has none of them."""
    drawn: dict[str, DrawnReport] = {}
    for study in scaled.studies:
        try:
            drawn[study.study.name] = draw_report(study.study.name, study.label, storage)
        except NotRecordedError as error:
            missing = error
    if not drawn:
        raise missing
    return drawn, draw_collection(scaled, drawn, {}, storage)


def draw_collection(
    scaled: ScaledCollection, drawn: Mapping[str, DrawnReport], unable: Mapping[str, str], storage: Path
) -> Path:
    """``<storage>/reports/<collection>/<label>/report.html``. ``unable`` says by the name of a study why it could not
    be run."""
    path = storage / "reports" / scaled.collection.name / scaled.label / "report.html"
    entries = [_entry(study, drawn.get(study.study.name), unable.get(study.study.name, "")) for study in scaled.studies]
    title = scaled.collection.title or scaled.collection.name
    return write_collection(path, title, scaled.collection.name, scaled.scale, entries)


def _entry(study: ScaledStudy, drawn: DrawnReport | None, problem: str) -> Entry:
    name, title, label = study.study.name, study.study.title or study.study.name, study.label
    if drawn is None:
        return Entry(name, title, study.study.reproduces, problem=problem or NOT_RUN)
    page = f"../../{name}/{label}/{drawn.page.name}"
    pictures = [drawn.figure, drawn.figure.with_suffix(".svg")]
    return Entry(name, title, study.study.reproduces, drawn.report, drawn.verdicts, pictures, page, problem)
