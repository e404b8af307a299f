"""The page of a study: the answer first, what is missing, where numbers come from; readable by everyone."""

import itertools
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure
from small_report import DONE, HALF, REPORT, trial

from ablations.tracking.links import run_pages
from reports.figures.drawn import Drawn
from reports.pages.cell_trials import metric_of, trials_by_cell
from reports.pages.study_page import write_page
from reports.pages.web import LEGIBLE, inline_svg, picture
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
    answer = html[html.index("<main>") : html.index("<nav")]
    assert ">1 supported<" in answer
    assert ">1 refuted<" in answer
    assert "undecided" not in answer
    assert "+20.0</b> points" in answer
    assert "[+20.0, +20.0]" in answer
    assert "All 9 trials are done" in answer
    assert html.index("What held, what did not") < html.index('id="figure"') < html.index('id="table"')


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


def test_a_page_loads_nothing_and_runs_nothing() -> None:
    elements = Elements(page()).seen
    assert not [tag for tag, _ in elements if tag in ("script", "link", "iframe", "object")]
    assert "default-src 'none'" in str([a.get("content") for tag, a in elements if tag == "meta"])


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
