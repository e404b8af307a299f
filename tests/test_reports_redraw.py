"""A report is drawn again whenever anything that it shows has changed, and not otherwise."""

import ast
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from small_report import DONE, METRIC, REPORT

import reports
from reports.cells.metric_names import METRIC_LABELS
from reports.kinds import KINDS, FigureKind
from reports.pages import redraw
from reports.pages.redraw import CODE, LIBRARIES, draw_if_changed, package_hash, update_report, values_hash
from reports.specs import HeatmapReport
from reports.study_report import StudyReport

OUT = Path("out")


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[StudyReport]:
    """The reports that were drawn, as two small files."""
    seen: list[StudyReport] = []

    def render(report: StudyReport, folder: Path) -> None:
        seen.append(report)
        folder.mkdir(exist_ok=True)
        (folder / "report.html").write_text("page")
        (folder / "figure.png").write_text("figure")

    monkeypatch.setattr("reports.pages.render.render", render)
    return seen


def test_what_is_unchanged_is_not_drawn_again(drawn: list[StudyReport]) -> None:
    assert update_report(REPORT, OUT) == update_report(replace(REPORT), OUT) == OUT / "report.html"
    assert len(drawn) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda report: replace(report, table=DONE.assign(**{METRIC: DONE[METRIC] + 1e-9})),
        lambda report: replace(report, table=DONE.rename(columns={"error": "mistake"})),
        lambda report: replace(report, table=DONE.iloc[::-1]),
        lambda report: replace(report, title="Another title"),
        lambda report: replace(report, claims=report.claims[:1]),
        lambda report: replace(report, spec=report.spec.model_copy(update={"metric": "top5"})),
        lambda report: replace(report, facts={"git_commit": "abd"}),
        lambda report: replace(report, looks=(3, 5)),
    ],
)
def test_any_other_value_is_drawn(change: Callable[[StudyReport], StudyReport], drawn: list[StudyReport]) -> None:
    for report in (REPORT, change(REPORT), REPORT):
        update_report(report, OUT)
    assert len(drawn) == 3


def test_other_code_and_libraries_draw_again(drawn: list[StudyReport], monkeypatch: pytest.MonkeyPatch) -> None:
    update_report(REPORT, OUT)
    monkeypatch.setattr(redraw, "CODE", (*CODE[:-1], "0.0"))
    update_report(REPORT, OUT)
    assert len(drawn) == 2


def test_another_label_or_font_draws_again(drawn: list[StudyReport], monkeypatch: pytest.MonkeyPatch) -> None:
    update_report(REPORT, OUT)
    monkeypatch.setitem(METRIC_LABELS, METRIC, "hits (%)")
    update_report(REPORT, OUT)
    monkeypatch.setattr(redraw, "fonts_for", lambda texts: "a font that was installed")
    update_report(REPORT, OUT)
    assert len(drawn) == 3


@pytest.mark.parametrize("name", ["report.html", "figure.png"])
def test_files_that_were_edited_or_lost_are_drawn_again(name: str, drawn: list[StudyReport]) -> None:
    update_report(REPORT, OUT)
    (OUT / name).write_text("edited")
    update_report(REPORT, OUT)
    (OUT / name).unlink()
    update_report(REPORT, OUT)
    assert len(drawn) == 3
    assert (OUT / name).read_text() != "edited"


@pytest.mark.parametrize("content", ["", "[]", '{"sources": ""}'])
def test_a_damaged_record_draws_again(content: str, drawn: list[StudyReport]) -> None:
    update_report(REPORT, OUT)
    Path(".out/report.json").write_text(content)
    update_report(REPORT, OUT)
    assert len(drawn) == 2


def test_an_error_is_no_drawn_report(drawn: list[StudyReport], monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(report: StudyReport, folder: Path) -> None:
        raise ValueError("it cannot be drawn")

    with monkeypatch.context() as patch:
        patch.setattr("reports.pages.render.render", fail)
        with pytest.raises(ValueError, match="cannot be drawn"):
            update_report(REPORT, OUT)
    update_report(REPORT, OUT)
    assert len(drawn) == 1


def test_a_kind_of_somebody_elses_code_is_always_drawn(
    drawn: list[StudyReport], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KINDS, "heatmap", FigureKind(HeatmapReport, "mine.drawing:draw"))
    update_report(REPORT, OUT)
    update_report(REPORT, OUT)
    assert len(drawn) == 2


def test_several_drawings_share_a_folder() -> None:
    OUT.mkdir()
    drawn: list[str] = []

    def draw(name: str) -> Callable[[], list[Path]]:
        def write() -> list[Path]:
            drawn.append(name)
            (OUT / name).write_text(name)
            return [OUT / name]

        return write

    for _ in range(2):
        assert draw_if_changed(OUT, "a", 1, "", draw("a.png")) == [OUT / "a.png"]
        assert draw_if_changed(OUT, "b", 1, "", draw("b.png")) == [OUT / "b.png"]
    assert drawn == ["a.png", "b.png"]


def test_equal_settings_have_one_hash_whatever_fields_were_given() -> None:
    """The set of fields that were given has another order in every process."""
    given = HeatmapReport(rows="first", columns="second", kind="heatmap")
    assert given.model_fields_set != REPORT.spec.model_fields_set
    assert values_hash(given) == values_hash(REPORT.spec)


def test_the_hash_of_the_package_has_its_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "__path__", [str(tmp_path)])
    (tmp_path / "page.html.j2").write_text("a")
    before = package_hash()
    (tmp_path / "page.html.j2").write_text("b")
    assert package_hash() != before


def test_every_library_that_reports_are_made_with_is_known() -> None:
    names = {name.split(".")[0] for path in Path(reports.__path__[0]).rglob("*.py") for name in imported_by(path)}
    distributions = {{"PIL": "pillow"}.get(name, name) for name in names}
    assert distributions - set(sys.stdlib_module_names) - {"reports"} - {"pydantic_core"} <= set(LIBRARIES)


def imported_by(path: Path) -> list[str]:
    """Modules that a file imports."""
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return names
