"""Output fits narrow terminals, dumb terminals and pipes."""

import io
import os
import pty
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path

import pytest
from command_line import ablate
from rich.console import Console

from ablations import load_study, run_study
from ablations.cli.app import app
from ablations.cli.options import console, errors
from ablations.planning.best import Ranking
from ablations.planning.plan import make_plan
from ablations.running.progress import follow
from ablations.running.progress_text import progress_table
from ablations.running.run_state import RunState
from ablations.store.trial_store import TrialStore
from ablations.types.console import NOTE, WordConsole, broken
from ablations.types.duration import clock
from ablations.types.events import Started, TrialEnded
from ablations.types.trial import Result, Trial
from helpers import small_study

COMMAND = [sys.executable, "-c", "from ablations.cli.app import main; main()"]
RED, ESCAPE = b"\x1b[31m", b"\x1b"


def in_terminal(*arguments: str, **changes: str) -> bytes:
    """The output of a command on a terminal, stdout and stderr together."""
    environment = {key: value for key, value in os.environ.items() if key not in ("NO_COLOR", "TERM", "COLUMNS")}
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, *arguments], stdout=inner, stderr=inner, env=environment | {"TERM": "xterm"} | changes
    )
    os.close(inner)
    read = b""
    while chunk := _read(outer):
        read += chunk
    process.wait()
    os.close(outer)
    return read


def _read(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # how Linux says that the other side is closed
        return b""


def test_colours_are_for_terminals_that_want_them() -> None:
    assert RED in in_terminal("plan", "nowhere")
    assert b"\x1b[3" not in in_terminal("plan", "nowhere", NO_COLOR="1")
    assert ESCAPE not in in_terminal("plan", "quickstart", TERM="dumb")
    piped = subprocess.run([*COMMAND, "plan", "nowhere"], capture_output=True, check=False)
    assert (piped.returncode, ESCAPE in piped.stderr, piped.stdout) == (2, False, b"")


def test_json_is_not_coloured_on_a_terminal() -> None:
    assert ESCAPE not in in_terminal("plan", "quickstart", "--json")


TITLE = "a title that is longer than what is left of eighty columns beside everything else"
CLAIMS = """
claims:
  - {says: cold is better, source: here, cells: [[0.1]], than: [[0.5]]}
"""


class Terminal(io.StringIO):
    """A terminal of this process."""

    def isatty(self) -> bool:
        return True


def printed(width: int, *arguments: str) -> list[str]:
    """Lines of what a command prints on a terminal of that width, called in this process."""
    terminal = Terminal()
    with (
        pytest.MonkeyPatch.context() as patched,
        redirect_stdout(terminal),
        redirect_stderr(terminal),
        suppress(SystemExit),
    ):
        patched.setattr(console, "width", width)
        patched.setattr(errors, "width", width)
        app(arguments)
    return terminal.getvalue().splitlines()


def words(lines: list[str]) -> set[str]:
    return set(re.findall(r"[\w./'-]+", " ".join(lines)))


def write_study(name: str = "a_study_with_a_name") -> str:
    Path("studies").mkdir(exist_ok=True)
    rest = f"title: {TITLE}\ngrid: {{loss.temperature: [0.1, 0.5]}}\n"
    Path(f"studies/{name}.yaml").write_text(small_study(rest, 1, name))
    return name


LABELS = {"trial", "encoder", "trials", "left"}
"""Words that a narrow terminal has in addition."""


@pytest.mark.parametrize("command", [["list"], ["plan", "a_study_with_a_name"], ["status", "a_study_with_a_name"]])
def test_no_word_is_broken(command: list[str]) -> None:
    """Every word of a narrow terminal is one of a wide one, no line is longer than the terminal, and nothing is cut."""
    name = write_study()
    known = words(printed(400, *command)) | LABELS
    for width in (40, 60, 80):
        lines = printed(width, *command)
        assert words(lines) <= known
        assert [line for line in lines if len(line) > width] == []
        assert "…" not in "".join(lines)
        if command == ["list"]:
            assert {name, *TITLE.split()} <= words(lines)


def test_a_plan_keeps_whole_ids() -> None:
    write_study()
    (wide,) = (line.split() for line in printed(200, "plan", "a_study_with_a_name") if line.startswith("0.1"))
    narrow = " ".join(printed(40, "plan", "a_study_with_a_name"))
    assert f"trial {wide[2]}" in narrow
    assert f"encoder {wide[3]}" in narrow


def test_a_pipe_cuts_breaks_and_pads_nothing() -> None:
    Path("studies").mkdir()
    title = "word " * 100
    Path("studies/long.yaml").write_text(
        small_study(f"title: {title}\ngrid: {{loss.temperature: [0.1, 0.5]}}\n", 1, "long")
    )
    assert title.strip() in ablate("list")[1]


@pytest.mark.usefixtures("mlflow_db")
def test_status_says_what_is_best_the_verdicts_and_the_page() -> None:
    Path("small.yaml").write_text(small_study("grid: {loss.temperature: [0.1, 0.5]}\nseeds: 2\n" + CLAIMS, epochs=1))
    before = printed(100, "status", "small.yaml")
    assert not [line for line in before if line.startswith(("best", "page", "UNDECIDED"))]
    study = load_study("small.yaml")
    store = TrialStore(Path("runs"))
    plan = make_plan(study, store, Path("data"))
    for trial, top1 in zip(plan.trials, (40.0, 42.0, 50.0, 51.0), strict=True):
        store.save_result(Result(trial.id, "done", {"linear_eval/top1": top1}, 1.0, 1.0, {}))
    run_study(study, inline=True)
    after = printed(100, "status", "small.yaml")
    assert "best    loss.temperature 0.5: top1 50.5, the mean of 2 seeds" in after
    assert f"page    {Path('runs/reports/small/quick/report.html')}" in after
    assert "cold is better" in " ".join(after)
    Path("runs/reports/small/quick/verdicts.json").write_text('{"verdicts": [{"says": 1}]}')
    assert "best    loss.temperature 0.5" in "\n".join(printed(100, "status", "small.yaml"))


def test_a_name_that_is_almost_one_is_suggested() -> None:
    assert "did you mean 'quickstart'?" in " ".join(printed(200, "run", "quikstart"))
    assert "did you mean 'paper'?" in " ".join(printed(200, "plan", "papers"))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0:00"), (190, "3:10"), (7390, "2:03:10"), (86_400, "1 d 0 h"), (13_505_343, "156 d 7 h")],
)
def test_a_duration_in_days_is_told_in_days(seconds: float, text: str) -> None:
    assert clock(seconds) == text


def test_a_note_of_many_studies_is_one() -> None:
    text = " ".join(printed(400, "plan", "paper"))
    assert re.search(r"note: \d+ studies: a claim is never decided from one seed", text)
    assert text.count("never decided") == 1
    assert "0.0 GiB" not in text


def test_equal_notes_in_a_row_are_one() -> None:
    with (console := WordConsole(width=80)).capture() as captured:
        for text, style in [("away", NOTE), ("away", NOTE), ("done", ""), ("done", ""), ("away", NOTE)]:
            console.print(text, style=style)
    assert captured.get().split() == ["away", "done", "done", "away"]


def test_a_long_word_and_a_command_are_left_whole() -> None:
    path = "/a/path/" + "x" * 60
    text = (
        f"the page of the study is at {path} and nowhere else\n    ablate run a.yaml --storage somewhere/else --quiet"
    )
    assert broken(text, 40).splitlines() == [
        "the page of the study is at",
        f"  {path}",
        "  and nowhere else",
        "    ablate run a.yaml --storage somewhere/else --quiet",
    ]


def ended(trial: Trial, top1: float) -> TrialEnded:
    return TrialEnded(trial.pretrain_id, Result(trial.id, "done", {"linear_eval/top1": top1}, 1.0, 1.0, {}))


def test_the_live_table_fits_and_says_what_is_best() -> None:
    Path("small.yaml").write_text(small_study("grid: {loss.temperature: [0.1, 0.5]}\n", epochs=2))
    plan = make_plan(load_study("small.yaml"), TrialStore(Path("runs")), Path("data"))
    state = RunState(plan, "top1")
    with (before := Console(width=100)).capture() as captured:
        before.print(progress_table(state, 100))
    first, summary = captured.get().splitlines()
    assert (first, summary[:28]) == ("waiting for a worker", "0 done, 0 running, 2 waiting")
    one, other = plan.trials
    for trial in plan.trials:
        state.update(Started(trial.pretrain_id))
    state.update(ended(one, 40.0))
    shown = {}
    for width in (40, 100):
        with (console := Console(width=width)).capture() as captured:
            console.print(progress_table(state, width))
        shown[width] = captured.get()
        assert "best so far: loss.temperature 0.1" in shown[width]
        assert max(len(line.rstrip()) for line in shown[width].splitlines()) <= width
    assert "images/s" in shown[100]
    assert "images/s" not in shown[40]
    state.update(ended(other, 41.0))
    assert str(state.best) == "loss.temperature 0.5: top1 41.0"


def test_a_log_file_has_lines_and_no_live_table_though_its_colours_are_forced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    Path("small.yaml").write_text(small_study("grid: {loss.temperature: [0.1]}\n", epochs=2))
    plan = make_plan(load_study("small.yaml"), TrialStore(Path("runs")), Path("data"))
    state, written = RunState(plan, "top1"), io.StringIO()
    with follow(state, WordConsole(file=written, width=200)) as progress:
        for event in (Started(plan.trials[0].pretrain_id), ended(plan.trials[0], 40.0)):
            state.update(event)
            progress.show(event)
    (line,) = written.getvalue().splitlines()
    assert line.startswith("0.1, seed 0  [1 done, 0 running")


@pytest.mark.parametrize(
    "rest",
    [
        "grid: {loss.temperature: [0.1]}\nreport: {kind: points, x: loss.temperature, metric: pretrain/loss}\n",
        "grid: {evaluate.neighbors: [5, 10]}\n",
    ],
)
def test_what_does_not_compare_has_no_best(rest: str) -> None:
    Path("small.yaml").write_text(small_study(rest, epochs=1))
    scaled = load_study("small.yaml")
    plan = make_plan(scaled, TrialStore(Path("runs")), Path("data"))
    ranking = Ranking(plan.trials, scaled.report.metric)
    for trial in plan.trials:
        ranking.add(Result(trial.id, "done", {"linear_eval/top1": 40.0, "pretrain/loss": 1.0}, 1.0, 1.0, {}))
    assert ranking.best is None


@pytest.mark.parametrize(
    "command", [["plan", "quickstart"], ["plan", "augmentation_grid", "--json"], ["schema"]], ids=" ".join
)
def test_a_reader_that_stops_reading_is_no_traceback(command: list[str]) -> None:
    process = subprocess.Popen([*COMMAND, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()
