"""The page of a study: the answer first, what is missing, where numbers come from; readable by everyone."""

import base64
import hashlib
import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from invented import Values, trials
from matplotlib.figure import Figure
from small_report import CLAIMS, DONE, HALF, REPORT, trial

from ablations.tracking.connection.links import run_pages
from reports.figures.drawn import Drawn
from reports.pages.best_cell import best_sentences
from reports.pages.cell_trials import metric_of, trials_by_cell
from reports.pages.study_page import write_page
from reports.pages.web import LEGIBLE, MOST_CLAIMS, inline_svg, picture
from reports.specs import HeatmapReport, TableReport
from reports.study_report import RunPages, StudyReport

SVG = '<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg" width="300pt" height="200pt"><text>x</text></svg>'


def page(report: StudyReport = REPORT) -> str:
    texts = pd.DataFrame({"crop": ["30.1", "40.1"], "color": ["50.1", ""]}, index=["crop", "color"])
    findings = ["The best cell: crop, color."]
    drawn = Drawn(Figure(), texts, "first / second", texts, findings, "A caption.", ["first"], "second")
    return write_page(Path("report.html"), report, drawn, SVG).read_text()


class Elements(HTMLParser):
    """Start tags in order, without what is inside the figure."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.feed(re.sub(r"<svg.*?</svg>", "", html, flags=re.DOTALL))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))


def test_the_answer_comes_first() -> None:
    html = page()
    answer = html[html.index("<main>") : html.index('id="figure"')]
    assert ">1 supported<" in answer
    assert ">1 refuted<" in answer
    assert "undecided" not in answer
    assert "+20.0</b> points" in answer
    assert "[+20.0, +20.0]" in answer
    assert "All 9 trials are done" in answer
    assert "Best cell: crop, color with 50.1 (top-1 (%), mean of 3 seeds)." in answer
    places = [html.index(text) for text in ("What held", 'id="claim-1"', "Best cell", 'id="figure"', 'id="table"')]
    assert places == sorted(places)


def test_many_claims_are_folded() -> None:
    many = page(replace(REPORT, claims=[CLAIMS[0]] * (MOST_CLAIMS + 1)))
    assert "<summary><b>All 9 claims</b></summary>" in many
    assert "All 8 claims" not in page(replace(REPORT, claims=[CLAIMS[0]] * MOST_CLAIMS))


BY_NAME = {"a": [50.2, 50.5, 50.2], "b": [50.1, 49.9, 50.3], "c": [30.0, 30.2, 30.1]}


@pytest.mark.parametrize(
    ("cells", "seeds", "told"),
    [
        ("abc", 3, "Not told from it by the 95 % interval of their difference: b (50.1)."),
        ("ab", 3, "No other cell can be told from it by the 95 % interval of their difference."),
        ("ac", 3, "All others are worse: the 95 % interval of each difference is above 0."),
        ("abc", 1, "Which cells cannot be told from it is not known: that takes three seeds of each."),
        ("a", 3, ""),
    ],
)
def test_the_best_cell_is_named_with_those_that_cannot_be_told_from_it(cells: str, seeds: int, told: str) -> None:
    table = trials(["first"], {(name,): [*BY_NAME[name][:seeds]] for name in cells})
    (sentence,) = best_sentences(replace(REPORT, table=table, axes=["first"]))
    over = ", mean of 3 seeds" if seeds == 3 else ""
    assert sentence == f"Best cell: a with {50.3 if seeds == 3 else 50.2} (top-1 (%){over}). {told}".rstrip()


def test_the_best_cell_is_chosen_on_held_out_images_and_its_test_score_has_no_part_in_it() -> None:
    values: Values = {("a",): [50.2, 50.5, 50.2], ("b",): [60.1, 59.9, 60.3], ("c",): [30.0, 30.2, 30.1]}
    held_out = [[81.0, 81.4, 81.1], [80.9, 81.1, 81.3], [20.0, 20.3, 20.1]]
    table = trials(["first"], values).assign(validation=[one for seeds in held_out for one in seeds])
    study = replace(REPORT, table=table, axes=["first"])
    assert best_sentences(replace(study, select="validation")) == [
        "Best cell: a, chosen by its score on held-out training images (81.2), never on test images; there it has 50.3 "
        "(top-1 (%), mean of 3 seeds). Not told from it by the 95 % interval of their difference: b (60.1)."
    ]
    (by_test,) = best_sentences(study)
    assert by_test.startswith("Best cell: b with 60.1")
    assert "chosen on the test images, so that its own score there is rather too high: select: validation" in by_test
    unknown = table.assign(validation=table["validation"].where(table["first"] != "c"))
    assert best_sentences(replace(study, table=unknown, select="validation")) == []


def test_no_cell_is_the_best_before_one_has_a_value_or_where_more_is_not_better() -> None:
    assert best_sentences(replace(REPORT, table=DONE.assign(state="waiting", top1=float("nan")))) == []
    spec = HeatmapReport(rows="first", columns="second", metric="pretrain/entropy")
    assert best_sentences(replace(REPORT, spec=spec)) == []


def test_a_claim_in_full_says_over_what_and_what_it_takes() -> None:
    html = page(replace(REPORT, table=DONE[DONE["seed"] == 0]))
    claim = html[html.index('id="claim-1"') : html.index('id="claim-2"')]
    assert "1 seed of 2 cells" in claim
    assert "more seeds: --seeds 3" in claim
    assert "section 3.1" in claim


def test_a_half_finished_study_says_what_is_missing_and_how_to_go_on() -> None:
    html = page(replace(REPORT, table=HALF))
    assert "2 of 4 trials are done, 1 failed, 1 have no result yet" in html
    missing = html[html.index('id="missing"') :]
    assert '<code class="command">ablate run small.yaml --seeds 3</code>' in missing
    assert '<code class="command">ablate run small.yaml --seeds 3 --retry failed</code>' in missing
    assert "Without a result yet: crop, color, seed 1." in missing
    assert "it &lt;broke&gt;</span> Mend it." in missing
    assert 'id="missing"' not in page()


def test_many_missing_trials_are_counted() -> None:
    many = pd.DataFrame([trial("crop", "crop", seed, "waiting") for seed in range(30)])
    assert "seed 23; and 6 more." in page(replace(REPORT, table=many))


def test_a_cell_opens_to_its_trials() -> None:
    html = page()
    cell = html[html.index("50.1</summary>") : html.index("</details>", html.index("50.1</summary>"))]
    assert re.findall(r"seed (\d): ([\d.]+)", cell) == [("0", "50.00"), ("1", "50.10"), ("2", "50.20")]
    assert cell.count("<code>id-crop-color-") == 3
    assert "91 s" in cell
    assert 'href="http://127.0.0.1:5000/#/experiments/7/runs/run-crop-color-1"' in cell


def test_cells_of_trials_without_a_value_on_an_axis_or_of_several_metrics() -> None:
    rows = [
        {"baseline": baseline, "points": points, "width": width, "seed": 0}
        for baseline, points, width in (("", "SimCLR", "1"), ("", "Supervised", ""), ("random", "SimCLR", "1"))
    ]
    texts = pd.DataFrame("", index=["SimCLR", "Supervised"], columns=["1, top-1 (%)", "1, top-5 (%)", "10", "–"])
    found = trials_by_cell(pd.DataFrame(rows), texts, ["points"], "width")
    assert {cell: len(trials) for cell, trials in found.items()} == {
        ("SimCLR", "1, top-1 (%)"): 1,
        ("SimCLR", "1, top-5 (%)"): 1,
        ("Supervised", "–"): 1,
    }
    assert len(trials_by_cell(pd.DataFrame(rows), texts, ["points"], None)) == 2 * 4
    spec = TableReport(rows=["points"], columns="width", metrics=["top1", "top5"])
    assert [metric_of(name, spec) for name in ("1, top-1 (%)", "1, top-5 (%)")] == ["top1", "top5"]
    assert metric_of("10", HeatmapReport(rows="a", columns="b", metric="score")) == "score"


def test_a_report_without_mlflow_pages_or_claims_is_whole() -> None:
    html = page(replace(REPORT, run_pages=None, claims=[]))
    assert 'href="http' not in html
    assert "What was found" in html
    assert "The best cell: crop, color." in html


def test_the_same_results_give_the_same_bytes() -> None:
    assert page() == page()


def test_pages_are_read_by_keyboards_and_screen_readers() -> None:
    elements = Elements(page(replace(REPORT, table=HALF))).seen
    headings = [int(tag[1]) for tag, _ in elements if re.fullmatch(r"h\d", tag)]
    assert headings[0] == 1
    assert headings.count(1) == 1
    assert all(below - above <= 1 for above, below in itertools.pairwise(headings))
    ids = [attributes["id"] for _, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [attributes["href"] for tag, attributes in elements if tag == "a"]
    assert {link[1:] for link in links if link and link.startswith("#")} <= set(ids)
    pictures = [attributes for _, attributes in elements if attributes.get("role") == "img"]
    assert [bool(one["aria-label"]) for one in pictures] == [True]
    for tag, attributes in elements:
        if attributes.get("role") == "region" or tag in ("nav", "section", "article"):
            assert attributes.get("aria-label") or attributes.get("aria-labelledby"), (tag, attributes)
        if tag == "th":
            assert attributes.get("scope") in ("row", "col")


def test_a_page_loads_nothing_and_runs_its_own_script_alone() -> None:
    html = page()
    elements = Elements(html).seen
    assert [tag for tag, _ in elements if tag in ("script", "link", "iframe", "object")] == ["script"]
    assert not [name for _, attributes in elements for name in attributes if name.startswith("on")]
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = [a["content"] for _, a in elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy == f"default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-{digest}'"


def luminance(color: str) -> float:
    """Luminance of an sRGB colour, by WCAG 2."""
    channels = [int(color[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_stands_out_in_light_and_in_dark() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    style = page().split("<style>")[1]
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light, dark = (dict(re.findall(r"--([\w-]+): (#\w{6})", block)) for block in blocks[:2])
    for colors in (light, light | dark):
        for text in ("ink", "dim", "link", "bad"):
            for ground in ("paper", "card"):
                assert contrast(colors[text], colors[ground]) >= 4.5, (text, ground)
        for fill in ("good-fill", "bad-fill", "open-fill"):
            assert contrast("#ffffff", colors[fill]) >= 4.5, fill


def test_a_figure_is_as_large_as_its_text_asks() -> None:
    small = inline_svg(SVG.replace("300pt", "100pt"))
    assert "width: 200px; max-width: 100%; min-width: 200px" in small
    assert f"min-width: {LEGIBLE}px" in inline_svg(SVG)
    assert 'width="' not in small
    Path("figure.svg").write_text(SVG)
    Path("figure.png").write_bytes(b"0" * 1000)
    assert picture(Path("figure.png")).source.startswith("data:image/svg+xml;base64,")
    Path("figure.png").write_bytes(b"0")
    assert picture(Path("figure.png")).source == "data:image/png;base64,MA=="


@pytest.mark.parametrize(
    ("uri", "address"),
    [
        (
            "https://user:secret@mlflow.example:8443/team/?token=secret",
            "https://mlflow.example:8443/team/#/experiments/7/",
        ),
        ("http://localhost:5000", "http://localhost:5000/#/experiments/7/"),
        ("sqlite:////home/me/mlflow.db", "http://127.0.0.1:5000/#/experiments/7/"),
        ("postgresql://me:secret@db/mlflow", "http://127.0.0.1:5000/#/experiments/7/"),
    ],
)
def test_links_lead_to_mlflow_and_hold_no_secret(uri: str, address: str) -> None:
    pages = run_pages(uri, "7", "abc")
    assert pages == RunPages(f"{address}runs/", "abc", pages.note if pages else "", "?workflowType=machine_learning")
    assert bool(pages.note) is not uri.startswith("http")
    assert run_pages("databricks", "7", "abc") is None
