"""The page on one's own images: its commands run, and say what it says."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from command_line import ablate
from PIL import Image

from ablations.study.yaml_source import read_yaml
from core import DataConfig
from core.data.catalog import SUFFIXES

PAGE = (Path(__file__).parent.parent / "docs" / "own-data.md").read_text(encoding="utf-8")


def fenced(language: str) -> str:
    """The lines of all blocks of a language."""
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


@pytest.fixture
def photos() -> None:
    """320 images of three classes in the working folder's data folder, without a split."""
    for label, (name, count) in enumerate({"cat": 200, "dog": 100, "eel": 20}.items()):
        folder = Path("data/my-photos") / name
        folder.mkdir(parents=True)
        for number in range(count):
            Image.fromarray(np.full((16, 16, 3), (number, 80 * label, 0), np.uint8)).save(folder / f"{number}.png")


@pytest.mark.usefixtures("photos")
def test_the_commands_run_and_print_what_the_page_says() -> None:
    commands = fenced("").splitlines()
    assert [command.split()[1] for command in commands] == ["data", "new", "plan"]
    outputs = []
    for command in commands:
        code, output = ablate(*shlex.split(command)[1:])
        assert code == 0, output
        outputs.append(output)
    line = re.search(r"^ +(my-photos: .*)$", PAGE, re.MULTILINE)
    assert line
    told, _, fingerprint = line[1].rpartition(" ")
    assert f"{told} " in outputs[-1]
    assert len(fingerprint) == 16  # of the images, which another version of Pillow writes otherwise


def test_the_settings_are_valid_and_the_suffixes_are_those_that_are_read() -> None:
    Path("page.yaml").write_text(fenced("yaml"))
    assert DataConfig(**read_yaml(Path("page.yaml")).values["base"]["data"]).split == 0.2
    (sentence,) = re.findall(r"^The files are (.*), in small or capital", PAGE, re.MULTILINE)
    assert {f".{suffix}" for suffix in re.findall("`([a-z]+)`", sentence)} == set(SUFFIXES)
