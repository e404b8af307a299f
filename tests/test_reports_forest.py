"""The picture of all claims: what it shows is what the verdicts say."""

from dataclasses import replace
from pathlib import Path

from artists import x_of, y_of
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D
from matplotlib.text import Text
from small_report import DONE, METRIC, REPORT

from reports.figures.forest import LOOKS, forest_figure, save_forest
from reports.pages.collection_page import Entry, judged_together, write_collection
from reports.pages.render import render
from reports.statistics.claims.kinds import BetterClaim
from reports.statistics.ruling import WORDS
from reports.statistics.verdicts import Verdict
from reports.style import house_style


def verdict(word: str, mean: float | None, interval: tuple[float, float] | None, **claim: object) -> Verdict:
    values = {
        "says": f"This is {word}, and it is said in so many words that they take several lines.",
        "metric": "top1",
    }
    return Verdict(BetterClaim(**(values | claim)), word, "", mean=mean, interval=interval, seeds=3)  # type: ignore[arg-type]


VERDICTS = [
    verdict("SUPPORTED", 5.0, (2.9, 7.4)),
    verdict("REFUTED", -4.0, (-6.0, -2.0)),
    verdict("NO DIFFERENCE", 0.1, (-0.5, 0.7)),
    verdict("UNDECIDED", 2.0, (-40.0, 44.0), margin=3.0),
    verdict("UNDECIDED", None, None),
    verdict("SUPPORTED", 2.0, (1.0, 3.0), metric="pretrain/entropy"),
]


def of_marker(ax: Axes, marker: str) -> list[Line2D]:
    return [line for line in ax.lines if line.get_marker() == marker]


def test_effects_intervals_and_verdicts_are_those_of_the_claims() -> None:
    with house_style():
        figure = forest_figure([("", each) for each in VERDICTS], "A title")
    points, nats = figure.axes
    spans = [x_of(line).tolist() for line in points.lines if len(x_of(line)) == 2 and len(set(y_of(line))) == 1]
    assert spans[:3] == [[2.9, 7.4], [-6.0, -2.0], [-0.5, 0.7]]
    assert [x_of(line)[0] for line in of_marker(points, "X")] == [-4.0]
    assert [x_of(line)[0] for line in of_marker(points, "s")] == [0.1]
    assert [(x_of(line)[0], line.get_color()) for line in of_marker(points, "o")] == [
        (5.0, LOOKS["SUPPORTED"][0]),
        (2.0, LOOKS["UNDECIDED"][0]),
    ]
    assert [x_of(line)[0] for line in of_marker(points, "|")] == [3.0]  # what is asked
    assert nats.get_xlabel().startswith("effect (nats)")
    texts = [text.get_text() for text in points.texts]
    assert "+5.0 [+2.9, +7.4]" in texts
    assert "no result yet" in texts
    assert "−4.0 [−6.0, −2.0]" in texts


def test_an_interval_that_goes_on_ends_in_an_arrow_and_does_not_press_the_others_flat() -> None:
    with house_style():
        ax = forest_figure([("", each) for each in VERDICTS], "A title").axes[0]
    assert ax.get_xlim()[1] < 20
    assert len(of_marker(ax, "<")) == len(of_marker(ax, ">")) == 1


def test_a_claim_of_one_word_or_none_has_its_row() -> None:
    with house_style():
        ax = forest_figure(
            [("", verdict("SUPPORTED", 1.0, (0.5, 1.5), says=says)) for says in ("both", "")], "A title"
        ).axes[0]
    assert [text.get_text() for text in ax.texts][::2] == ["both", ""]


def test_one_far_effect_is_at_the_edge_with_an_arrow_and_leaves_the_axis_to_the_others() -> None:
    far = verdict("SUPPORTED", 300.0, (280.0, 320.0), margin=200.0)
    with house_style():
        alone, among = (
            forest_figure([("", each) for each in rows], "A title").axes[0] for rows in ([far], [*VERDICTS, far])
        )
    assert alone.get_xlim()[1] > 300
    end = among.get_xlim()[1]
    assert end < 20
    assert 5.0 < x_of(of_marker(among, "o")[-1])[0] < end
    assert (len(of_marker(among, "<")), len(of_marker(among, ">"))) == (1, 2)
    assert not [line for line in of_marker(among, "|") if x_of(line)[0] > end]


def test_claims_of_a_long_page_are_told_apart_though_each_has_one_line() -> None:
    start = "The gain from square root scaling of the learning rate, as the paper has it, shrinks with"
    note = "(Here its sign alone: the margin is of another scale.)"
    rows = [verdict("UNDECIDED", 1.0, (0.0, 2.0), says=f"{start} {end}. {note}") for end in ("batches", "epochs")]
    with house_style():
        figure = forest_figure([("Table B.1", each) for each in rows * 12], "A title")
    texts = [text.get_text() for text in figure.axes[0].texts]
    labels = {text for text in texts if text.startswith("Table B.1: The gain")}
    assert sorted(label.split()[-1] for label in labels) == ["batches.", "epochs."]
    assert not any("\n" in label for label in labels)


def test_no_text_covers_another_and_none_leaves_the_picture() -> None:
    with house_style():
        figure = forest_figure([("Figure 5", each) for each in VERDICTS * 12], "A title that is rather long " * 4)
        FigureCanvasAgg(figure)
        figure.draw_without_rendering()
        texts = [text for ax in figure.axes for text in (*ax.texts, ax.xaxis.label) if text.get_text()]
        boxes = [text.get_window_extent() for text in texts]
        (heading,) = (one for one in figure.findobj(Text) if one.get_text().startswith("A title"))
        boxes.append(heading.get_window_extent())
    assert not any(boxes[-1].overlaps(ax.bbox) for ax in figure.axes)
    assert not any(one.overlaps(other) for number, one in enumerate(boxes) for other in boxes[:number])
    assert all(box.x0 >= 0 and box.x1 <= figure.bbox.x1 and box.y0 >= 0 and box.y1 <= figure.bbox.y1 for box in boxes)


def test_a_report_has_it_and_its_page_shows_it_with_the_meaning_of_its_sign() -> None:
    html = render(REPORT, Path("out")).read_text()
    assert Path("out/forest.png").read_bytes().startswith(b"\x89PNG")
    assert "<text" in Path("out/forest.svg").read_text()
    assert html.index("The effects of 2 claims") < html.index("Each effect is positive where it is as the claim says")
    render(replace(REPORT, claims=[]), Path("none"))
    assert not Path("none/forest.png").exists()


def test_a_report_without_claims_removes_that_of_before() -> None:
    render(REPORT, Path("out"))
    render(replace(REPORT, claims=[]), Path("out"))
    assert not Path("out/forest.png").exists()


def test_the_page_of_a_collection_has_one_of_all_claims() -> None:
    render(REPORT, Path("one"))
    entries = judged_together(
        [Entry(name, "t", report=REPORT, figure=Path("one/figure.png"), page="p") for name in ("one", "two")]
    )
    html = write_collection(Path("all/report.html"), "All", "all", "quick", entries).read_text()
    assert "The effects of 4 claims" in html
    assert "two: " in Path("all/forest.svg").read_text()


def test_a_study_that_was_left_out_is_not_unfinished_and_without_claims_no_verdict_is_explained() -> None:
    left_out = Entry("aside", "aside", problem="Left out.", left_out=True)
    missing = Entry("missing", "missing", problem="Not run.")
    for entries, header, unfinished in (
        ([left_out], "0 studies, 1 left out", False),
        ([left_out, missing], "1 study, 1", True),
    ):
        html = write_collection(Path("all/report.html"), "All", "all", "quick", entries).read_text()
        assert header in html
        assert ("Not finished:" in html) == unfinished
        assert 'Not finished:</b>\n<a href="#aside"' not in html
        assert 'Left out with --without:\n<a href="#aside">' in html
        assert "No claim to judge" in html
        assert "A claim is supported" not in html


def test_nothing_is_drawn_of_no_claims() -> None:
    assert save_forest([], "A title", Path()) is None


def test_nothing_is_drawn_before_a_claim_has_an_effect() -> None:
    waiting = DONE.assign(state="waiting", **{METRIC: float("nan")})
    render(replace(REPORT, table=waiting), Path("out"))
    assert not Path("out/forest.png").exists()


def test_every_verdict_has_a_shape_and_a_colour_of_its_own() -> None:
    assert len({marker + fill for _, marker, fill in LOOKS.values()}) == len(LOOKS) == len(WORDS)
