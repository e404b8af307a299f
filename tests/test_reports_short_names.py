"""Names of any length and script: figures keep their room, names cover nothing, and what cannot be shown is told."""

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from invented import Values, drawn, report, trials
from matplotlib import get_data_path
from matplotlib.axes import Axes
from PIL import Image

from reports import font_search, fonts
from reports.figures.drawn import SHORTENED
from reports.figures.labels.short_names import LONGEST, UPRIGHT, folded, letters, shorten, turn
from reports.fonts import OWN, Fonts
from reports.specs import AgainstReport, BarsReport, HeatmapReport, PointsReport, Report, SizesReport, TableReport
from reports.style import house_style, save_figure

SENTENCES = [f"a label that says in a hundred characters what the setting is, as people do: {n}" for n in "abcd"]
LISTS = [json.dumps([["crop", 0.08, n], ["jitter", 0.8, 0.8, 0.8, 0.2], ["blur", "sobel", n]] * 3) for n in range(4)]
WORDS = [f"a_word_without_any_space_as_paths_and_modules_have_it_in_their_hundred_letters_{n}" for n in "abcd"]
NUMBERED = [f"label number {n}" for n in range(30)]
NAMES = {"sentences": SENTENCES, "lists": LISTS, "words": WORDS, "many": NUMBERED}


def specs(names: list[str]) -> dict[str, Report]:
    return {
        "heatmap": HeatmapReport(rows="x", columns="y", row_label=SENTENCES[0], column_label=SENTENCES[0]),
        "points": PointsReport(x="x"),
        "lines": PointsReport(x="y"),
        "bars": BarsReport(x="x", series="y", x_label=SENTENCES[0]),
        "panels": BarsReport(x="x", panels="y"),
        "table": TableReport(rows=["x"], columns="y"),
        "rows": TableReport(rows=["x", "y"]),
        "against": AgainstReport(axis="x", x=names[0], y=names[1:3], color="y"),
        "sizes": SizesReport(series="x"),
    }


def is_apart(ax: Axes) -> bool:
    """Whether no name along the axis covers the next one."""
    labels = ax.get_xticklabels()
    if labels[0].get_rotation() not in (0, 90):
        return True
    extents = [label.get_window_extent() for label in labels]
    return all(one.x1 <= other.x0 + 1 for one, other in pairwise(extents))


CASES = [
    (kind, names) for kind in specs(SENTENCES) for names in NAMES if names in ("sentences", "many") or kind == "bars"
]


@pytest.mark.parametrize(("kind", "names"), CASES)
def test_long_and_many_names_leave_room_for_what_is_drawn(kind: str, names: str) -> None:
    """Matplotlib warns where axes collapse, which is an error here."""
    xs, spec = NAMES[names], specs(NAMES[names])[kind]
    cells: Values = {(x, y): [60.0, 61.0] for x in xs for y in xs[:3]}
    sized = {"parameters": [float(n) for n in range(len(cells))]} if kind == "sizes" else {}
    result = drawn(spec, trials(["x", "y"], cells, **sized), ["x", "y"], reproduces=None)
    with house_style():
        save_figure(result.figure, Path.cwd(), "figure", ["png"])
    ink = np.asarray(Image.open("figure.png").convert("L")) < 200
    assert not ink[:, [0, -1]].any()
    assert not ink[[0, -1]].any()
    assert all(ax.get_position().height > 0.2 for ax in result.figure.axes)
    has_room = (kind, names) != ("panels", "many")  # thirty names in a third of a figure
    assert kind not in ("points", "bars", "panels") or not has_room or is_apart(result.figure.axes[0])
    assert any(xs[-1] in str(name) for name in [*result.texts.index, *result.texts.columns])
    assert (SHORTENED in result.caption) == (names != "many")


def test_long_names_show_both_ends_and_never_look_the_same() -> None:
    short = shorten([*SENTENCES, *SENTENCES[:1], *WORDS, "0.1", "温" * 60])
    assert short["0.1"] == "0.1"
    assert len(set(short.values())) == len(short)
    assert max(map(letters, short.values())) <= LONGEST
    assert short[SENTENCES[1]].startswith("a label that says")
    assert short[SENTENCES[1]].endswith("do: b")
    alike = shorten(["a" * 50 + "b" + "a" * 50, "a" * 50 + "c" + "a" * 50])
    assert list(alike.values())[1] == f"{next(iter(alike.values()))} (2)"


def test_names_are_folded_and_turned_as_it_takes() -> None:
    assert folded("crop") == "crop"
    assert folded("crop and colour distortion of all strengths") == "crop and colour\ndistortion of all\nstrengths"
    assert max(map(letters, folded("温" * 30).split("\n"))) == 24
    assert turn(["a", "b"], 3.0) == 0
    assert 0 < turn(["a longer name"] * 6, 3.0) < UPRIGHT
    assert turn(["a longer name"] * 30, 3.0) == UPRIGHT


def test_usual_names_stay_as_they_are() -> None:
    result = drawn(PointsReport(x="x"), trials(["x"], {("0.1",): [60.0], ("0.5",): [61.0]}), ["x"], reproduces=None)
    assert SHORTENED not in result.caption
    assert [label.get_text() for label in result.figure.axes[0].get_xticklabels()] == ["0.1", "0.5"]


def test_the_houses_own_font_has_what_it_is_not_asked_for() -> None:
    assert font_search.lacking_in(OWN, fonts.SHOWN) <= {chr(code) for code in range(0x7F, 0xA0)}  # controls


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Paths of the installed fonts; none at first."""
    found: list[str] = []
    monkeypatch.setattr(font_search, "findSystemFonts", lambda: found)
    monkeypatch.setattr(font_search, "find_fonts", font_search.find_fonts.__wrapped__)
    return found


ARC = "⌒"
"""A character that DejaVu Sans lacks and DejaVu Sans Mono has, as a Chinese font has Chinese ones."""


def test_a_font_that_has_what_the_houses_own_lacks_is_used(installed: list[str], tmp_path: Path) -> None:
    names = ("DejaVuSansMono", "DejaVuSansMono-Bold", "cmr10")
    installed += [f"{get_data_path()}/fonts/ttf/{name}.ttf" for name in names]
    assert fonts.fonts_for(f"a {ARC}") == Fonts((OWN, "DejaVu Sans Mono"), "")
    result = drawn(PointsReport(x="x"), trials(["x"], {(ARC,): [60.0], ("0.5",): [61.0]}), ["x"], title=ARC)
    with house_style(ARC):
        assert len(save_figure(result.figure, tmp_path, "figure")) == 3


def test_what_no_font_has_is_one_sentence_and_no_warning(installed: list[str], tmp_path: Path) -> None:
    table = trials(["x"], {(ARC,): [60.0], ("温度",): [61.0]})
    note = fonts.fonts_for(report(PointsReport(x="x"), table, ["x"]).texts).note
    assert note.startswith(f"no installed font has {ARC} 度 温: figures show boxes; install")
    result = drawn(PointsReport(x="x"), table, ["x"])
    with house_style(ARC):
        save_figure(result.figure, tmp_path, "figure")
    assert fonts.fonts_for("0.1 – é").note == ""
    assert fonts.fonts_for("".join(map(chr, range(0x4E00, 0x4E20)))).note.count("and 20 more") == 1


def test_a_damaged_font_is_passed_over(installed: list[str], tmp_path: Path) -> None:
    (tmp_path / "damaged.ttf").write_bytes(b"no font")
    installed.append(str(tmp_path / "damaged.ttf"))
    assert fonts.fonts_for(ARC).missing == ARC
