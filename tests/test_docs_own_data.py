"""The page on one's own images: its files are valid, its commands run, and print what it says."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from command_line import ablate
from PIL import Image

from ablations.study.yaml_source import read_yaml
from core import DataConfig
from core.data.catalog import DATA_SETS, PREFIX, SUFFIXES

PAGE = (Path(__file__).parent.parent / "docs" / "own-data.md").read_text(encoding="utf-8")
FORMATS = ("png", "jpg", "webp", "tif", "bmp")


def fenced() -> Iterator[tuple[str, str]]:
    """Language and lines of each block, in order."""
    yield from re.findall(r"^```(\w*)\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def write_images(folder: Path, count: int, green: int) -> None:
    folder.mkdir(parents=True)
    for number in range(count):
        pixels = np.full((9, 9, 3), (number, green, 100), np.uint8)
        Image.fromarray(pixels).save(folder / f"{number}.{FORMATS[number % len(FORMATS)]}")


@pytest.fixture
def images() -> None:
    """The folders of the page: 320 photos without a split, one of them broken, and birds with and without labels."""
    for label, (name, count) in enumerate({"cat": 200, "dog": 100, "eel": 20}.items()):
        write_images(Path("data/phone") / name, count, 80 * label)
    Path("data/phone/dog/6.jpg").write_bytes(b"no image")
    for split in ("train", "test"):
        for label, name in enumerate(("kite", "lark", "wren")):
            write_images(Path("data/birds") / split / name, 4, 80 * label)
    for month in range(3):
        write_images(Path(f"data/birds/crawled/2020/{month}"), 20, 50)


@pytest.mark.usefixtures("images")
def test_the_commands_run_and_print_what_the_page_says() -> None:
    outputs = {}
    for language, text in fenced():
        if language == "yaml" and (named := re.match("# (.*)\n", text)):
            Path(named[1]).parent.mkdir(exist_ok=True)
            Path(named[1]).write_text(text)
        elif language == "csv":
            Path("data/list.csv").write_text(text)
        elif language == "python":
            exec(text, {})
        for command in text.splitlines() if language == "" else ():
            code, outputs[command] = ablate(*shlex.split(command)[1:])
            assert code == (2 if command == "ablate data phone" else 0), outputs[command]
    printed = "\n".join(outputs.values())
    shown = re.findall(r"^ {4}((?:all|phone:|birds:|  (?:train|test):|refused:| {7}cat).*)$", PAGE, re.MULTILINE)
    assert len(shown) == 9
    for line in shown:
        assert line in printed
    assert "trained on" in outputs["ablate plan uncurated"]
    for name in ("plankton.npz", "herons"):
        assert "nothing is wrong with it" in outputs[f"ablate data {name}"]


def test_the_settings_are_valid_and_the_suffixes_are_those_that_are_read() -> None:
    settings = next(text for language, text in fenced() if language == "yaml")
    Path("page.yaml").write_text(settings)
    assert DataConfig(**read_yaml(Path("page.yaml")).values["base"]["data"]).split == 0.2
    (sentence,) = re.findall(r"^The files are (.*), in small or capital", PAGE, re.MULTILINE)
    assert {f".{suffix}" for suffix in re.findall("`([a-z]+)`", sentence)} == set(SUFFIXES)


def test_the_sets_of_torchvision_are_those_that_there_are() -> None:
    (row,) = re.findall(r"^\| `torchvision:(.*?) \|", PAGE, re.MULTILINE)
    assert re.findall(r"\w+", row) == [name.removeprefix(PREFIX) for name in DATA_SETS if name.startswith(PREFIX)]
