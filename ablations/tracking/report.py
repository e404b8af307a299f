"""A study's results, read from MLflow and drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ablations.store.folders import each
from ablations.store.locations import DEFAULT_DATA, reports_folder
from ablations.store.trial_store import TrialStore
from ablations.tracking.connection.client import LOOKS, Children, tracking_uri
from ablations.tracking.connection.links import run_pages
from ablations.tracking.content.l2_edge import L2
from ablations.tracking.content.left_out import left_out
from ablations.tracking.content.right_images import Stored, with_right_images
from ablations.tracking.pictures import chosen_arrays, draw_pictures
from ablations.tracking.reader import Recorded, read_study
from ablations.tracking.training.curves import learning_curves
from ablations.tracking.training.views import augmentation_views
from ablations.types.metrics import labels
from core.remote import AnyPath
from reports.cells.edges import l2_edges, tuned_edges
from reports.cells.metric_names import add_labels
from reports.cells.search import Search, chosen_rows
from reports.fonts import fonts_for
from reports.pages.redraw import update_report
from reports.specs import Report
from reports.statistics.claims.kinds import parts_of, read_claims
from reports.statistics.seeds import FIXED, VARIED
from reports.statistics.verdicts import Verdict
from reports.study_report import StudyReport

HIDDEN_FACTS = ("mlflow.", "ablate.")
"""Tags that are MLflow's or ours, not provenance."""


@dataclass(frozen=True)
class DrawnReport:
    """A report, and where it is."""

    folder: Path
    page: Path
    figure: Path
    experiment_id: str
    run_id: str
    """The study's parent run in MLflow."""
    verdicts: list[Verdict]
    """Verdicts on the study's claims."""
    pictures: list[Path]
    """Pictures of single trials."""
    report: StudyReport
    """The values that the report was drawn from."""
    notes: list[str]
    """Sentences on values that MLflow and the storage do not agree on, and on choices at an edge."""

    def _repr_png_(self) -> bytes:
        """The figure, where a notebook shows it."""
        return self.figure.read_bytes()


def draw_report(
    study: str,
    label: str,
    storage: AnyPath,
    children: Children | None = None,
    description: Mapping[str, Any] | None = None,
    data_dir: AnyPath = DEFAULT_DATA,
) -> DrawnReport:
    """Draw what MLflow has of the study, finished or not, into ``reports_folder(storage)/<study>/<label>``.

    ``label``, ``children`` and ``description`` are as in ``read_study``. ``data_dir`` is needed for views only.
    If MLflow and the storage do not agree, the storage's values are drawn, and the notes say so. Raises ``AblateError``
    if MLflow has nothing of the study.
    """
    notes: list[str] = []
    store = TrialStore(storage, notes.append)
    recorded = read_study(study, label, children, description, store)
    folder = reports_folder(storage) / study / label
    stored = _stored_arrays(recorded, store)
    views = augmentation_views(recorded.table, recorded.description["axes"], store, folder, data_dir)
    report = replace(_study_report(recorded, store, stored), views=views.by_trial, no_views=views.note)
    page = update_report(report, folder)
    pictures = draw_pictures(recorded.table, stored, store, folder)
    notes += [*map(str, recorded.differences), *report.warnings, *filter(None, [fonts_for(report.texts).note])]
    figure = folder / "figure.png"
    return DrawnReport(
        folder, page, figure, recorded.experiment_id, recorded.run_id, report.verdicts, pictures, report, notes
    )


def recorded_report(study: str, label: str, storage: AnyPath, description: Mapping[str, Any]) -> StudyReport:
    """The report of what MLflow and the storage have of the study, to be drawn elsewhere.

    Nothing is written, and there are no views. The arguments and the exceptions are those of ``draw_report``.
    """
    store = TrialStore(storage)
    recorded = read_study(study, label, None, description, store)
    return _study_report(recorded, store, _stored_arrays(recorded, store))


def _stored_arrays(recorded: Recorded, store: TrialStore) -> Stored:
    """The arrays of every trial that is done."""
    ids = [row["trial_id"] for row in recorded.table.to_dict("records") if row["state"] == "done"]
    return dict(zip(ids, each(store.root, store.arrays, ids), strict=True))


def _study_report(recorded: Recorded, store: TrialStore, stored: Stored) -> StudyReport:
    add_labels(labels())
    description = recorded.description
    search = _search(recorded)
    table = chosen_rows(search, description["axes"]) if search else recorded.table.drop(columns="chosen")
    spec: Report = TypeAdapter(Report).validate_python(description["report"])
    claims = read_claims(description["claims"])
    judged = dict.fromkeys(part.metric or spec.metric for claim in claims for part in parts_of(claim))
    return StudyReport(
        name=description["name"],
        title=description["title"],
        spec=spec,
        table=with_right_images(table, judged, stored, description.get("test_sets", ())),
        search=search,
        select=description.get("select", "test"),
        axes=description["axes"],
        claims=claims,
        warnings=_warnings(recorded, search),
        looks=_looks(recorded),
        varied=tuple(description.get("varied", VARIED)),
        fixed=tuple(description.get("fixed", FIXED)),
        reproduces=description["reproduces"],
        scale=description["scale"],
        scale_description=description["scale_description"],
        settings=description["settings"],
        facts=_facts(recorded, store),
        command=description.get("command", ""),
        run_pages=run_pages(tracking_uri(), recorded.experiment_id, recorded.run_id),
        arrays=chosen_arrays(spec, table, store),
        curves=learning_curves(table, store),
    )


def _search(recorded: Recorded) -> Search | None:
    """The tuned settings and their trials; None if nothing was tuned."""
    values = recorded.description.get("tune")
    return Search(values, recorded.table) if values else None


def _warnings(recorded: Recorded, search: Search | None) -> list[str]:
    """Sentences on choices at the edge of what was tried."""
    description, table = recorded.description, recorded.table
    found = tuned_edges(search, description["axes"]) if search else []
    if L2 in table:
        found += l2_edges([trial.get("l2_ends") for trial in description["trials"]], list(table[L2]))
    return found


def _looks(recorded: Recorded) -> tuple[int, ...]:
    """The looks that the storage knows, else those that MLflow knows."""
    known = recorded.description.get("looks") or recorded.facts.get(LOOKS, "").split(", ")
    return tuple(int(look) for look in known if look)


def _facts(recorded: Recorded, store: TrialStore) -> dict[str, str]:
    """Provenance: on what it was computed, how long it took, with which code."""
    table = recorded.table
    finished = table[table["state"] == "done"]
    facts = {name: "; ".join(sorted(set(finished[name]) - {""})) for name in ("device", "numerics")}
    if images := recorded.description.get("images"):
        facts["fingerprint of images"] = "; ".join(images)
        if lacking := list(left_out(images, store.root)):
            facts["left out"] = "; ".join(lacking)
    if "seconds" in table:
        facts["compute"] = f"{table['seconds'].sum() / 60:,.1f} minutes, all trials together"
    if rule := recorded.description.get("stop_early"):
        facts["stopped early"] = (
            f"by asynchronous successive halving: after {rule['grace_epochs']} epochs, and {rule['reduction']} times "
            f"as late each time, one training in {rule['reduction']} went on; baselines were spared"
        )
    return facts | {k: v for k, v in sorted(recorded.facts.items()) if not k.startswith(HIDDEN_FACTS)}
