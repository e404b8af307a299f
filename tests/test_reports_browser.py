"""Pages in a real browser: nothing asked of a network, nothing on its console, and no wider than a phone."""

import json
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from small_report import HALF, REPORT

from reports.pages.collection_page import Entry, judged_together, write_collection
from reports.pages.render import render
from reports.specs import HeatmapReport
from reports.study_report import StudyReport

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), "")
QUIET = "--disable-background-networking --disable-component-update --disable-sync --disable-quic --no-first-run"
PHONE, DESK = 360, 1280
NO_ORIGIN = "not an origin"

pytestmark = [pytest.mark.slow, pytest.mark.skipif(not BROWSER, reason="there is no Chromium here")]


def browse(page: Path, width: int) -> tuple[str, str]:
    """The page as it was laid out, and what the browser said of it. No host is found but by what it asks."""
    command = [BROWSER, "--headless", "--no-sandbox", "--disable-gpu", *QUIET.split(), "--enable-logging=stderr"]
    command += [f"--user-data-dir={Path('browser').resolve()}", f"--window-size={width},800", "--log-net-log=net.json"]
    command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", page.resolve().as_uri()]
    run = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    return run.stdout, run.stderr


def asked(log: Path) -> list[str]:
    """Addresses that pages asked for, files aside; what the browser asks of its own accord is of no origin."""
    starts = [event.get("params", {}) for event in json.loads(log.read_text())["events"]]
    urls = {start["url"] for start in starts if "url" in start and start.get("initiator") not in (None, NO_ORIGIN)}
    return sorted(url for url in urls if url.startswith(("http:", "https:", "ws:")))


def laid_out(page: Path, width: int) -> dict[str, int]:
    """Widths in a window, by a script that the page itself forbids: it is in a copy without that."""
    html = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page.read_text())
    frame = f'<iframe id="window" style="border: 0; width: {width}px; height: 800px"></iframe>'
    script = """<script>
    const frame = document.getElementById("window");
    frame.onload = () => {
      const root = frame.contentDocument.documentElement;
      document.title = JSON.stringify({window: root.clientWidth, page: root.scrollWidth});
    };
    frame.srcdoc = PAGE;
    </script>"""
    copy = Path("framed.html")
    copy.write_text(frame + script.replace("PAGE", json.dumps(html).replace("</", "<\\/")))
    found = re.search(r"<title>(.*?)</title>", browse(copy, DESK)[0])
    assert found
    return dict(json.loads(found[1]))


@pytest.fixture(params=["done", "half", "all"])
def page(request: pytest.FixtureRequest) -> Path:
    spec = HeatmapReport(rows="first", columns="second")
    half = replace(REPORT, spec=spec, table=HALF, run_pages=None)
    done = replace(REPORT, spec=spec, settings={"a.setting.with.a.long.path": "and a value " * 20})
    if request.param == "half":
        return render(half, Path("half"))
    path = render(done, Path("done"))
    if request.param == "done":
        return path
    return collection(done, half)


def collection(done: StudyReport, half: StudyReport) -> Path:
    render(half, Path("half"))
    entries = [
        Entry(report.name, report.title, None, report, report.verdicts, Path(folder, "figure.png"), f"../{folder}")
        for report, folder in ((done, "done"), (replace(half, name="half"), "half"))
    ]
    entries = judged_together([*entries, Entry("none", "None", problem="Not run.")])
    return write_collection(Path("all/report.html"), "All", "all", "quick", entries)


def test_a_page_asks_nothing_and_nothing_is_wrong_with_it(page: Path) -> None:
    dom, log = browse(page, DESK)
    assert "What held, what did not" in dom
    assert asked(Path("net.json")) == []
    assert "CONSOLE" not in log, log


def test_what_is_asked_and_what_is_wrong_would_be_seen() -> None:
    Path("bad.html").write_text('<img src="http://nowhere.invalid/x.png"><script>console.error("wrong")</script>')
    _, log = browse(Path("bad.html"), DESK)
    assert asked(Path("net.json")) == ["http://nowhere.invalid/x.png"]
    assert "CONSOLE" in log


def test_no_page_is_wider_than_a_phone(page: Path) -> None:
    widths = laid_out(page, PHONE)
    assert widths["window"] > PHONE - 30
    assert widths["page"] <= widths["window"]


def test_a_page_that_is_too_wide_would_be_seen() -> None:
    Path("wide.html").write_text('<p style="width: 1000px">wide</p>')
    assert laid_out(Path("wide.html"), PHONE)["page"] > PHONE
