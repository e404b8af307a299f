"""Terminals, narrow and dumb ones, and pipes."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from helpers import small_study

COMMAND = [sys.executable, "-c", "from ablations.cli.app import main; main()"]
RED, ESCAPE = b"\x1b[31m", b"\x1b"


def in_terminal(*arguments: str, **changes: str) -> bytes:
    """What a command prints on a terminal, stdout and stderr together."""
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


def test_a_narrow_terminal_cuts_titles_and_no_names_or_ids() -> None:
    Path("studies").mkdir()
    title = "a title that is longer than what is left of eighty columns beside everything else"
    Path("studies/a_study_with_a_name.yaml").write_text(
        small_study(f"title: {title}\ngrid: {{loss.temperature: [0.1, 0.5]}}\n", 1, "a_study_with_a_name")
    )
    listed = in_terminal("list", COLUMNS="80", TERM="dumb").decode()
    row = next(line for line in listed.splitlines() if "a_study_with_a_name" in line)
    assert (row.count("…"), row.rstrip().endswith("…"), len(row) <= 80, "FLOPs" in row) == (1, True, True, True)
    planned = in_terminal("plan", "a_study_with_a_name", COLUMNS="60", TERM="dumb").decode()
    assert "…" not in planned


@pytest.mark.parametrize("command", [["list"], ["plan", "augmentation_grid", "--json"], ["schema"]], ids=" ".join)
def test_a_reader_that_stops_reading_is_no_traceback(command: list[str]) -> None:
    process = subprocess.Popen([*COMMAND, *command], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()
