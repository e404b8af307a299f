"""``ablate new`` writes a study that can be planned as it is."""

import re
from pathlib import Path
from typing import get_args

import jsonschema
import pytest
from command_line import ablate
from image_folders import make_folder
from PIL import Image

from ablations.planning.grid import enumerate_trials
from ablations.planning.plan import make_plan
from ablations.planning.review.lint import warnings
from ablations.store.trial_store import TrialStore
from ablations.study.library import Question
from ablations.study.load import load_study
from ablations.study.schema.study_schema import FILE, study_schema
from ablations.study.yaml_source import read_yaml
from reports.statistics.claims.kinds import BetterClaim

QUESTIONS = get_args(Question)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with 1,280 small images of two classes."""
    root = tmp_path_factory.mktemp("data")
    for split, count in (("train", 640), ("test", 4)):
        for name in ("cat", "dog"):
            folder = root / "my-photos" / split / name
            folder.mkdir(parents=True)
            Image.new("RGB", (8, 8)).save(folder / "0.png")
            for number in range(1, count):
                (folder / f"{number}.png").hardlink_to(folder / "0.png")
    return root


@pytest.mark.parametrize("question", QUESTIONS)
def test_it_can_be_planned_as_it_is_once_the_data_is_there(question: str, photos: Path) -> None:
    code, text = ablate("new", "mine", "--template", question)
    assert (code, "plan mine" in text, "put images at data/my-photos" in text) == (0, True, True)
    plan = make_plan(load_study("mine"), TrialStore(Path("runs")), photos)
    assert warnings(plan) == []
    assert ablate("plan", "mine", "--data-dir", str(photos))[0] == 0
    assert (plan.scaled.study.claims != [], len(plan.scaled.seeds)) == (True, 3)
    jsonschema.Draft7Validator(study_schema()).validate(read_yaml(Path("studies/mine.yaml")).values)


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("scale", ["quick", "cifar10"])
def test_it_can_be_planned_at_every_scale(question: str, scale: str) -> None:
    ablate("new", "mine", "--template", question, "--data", "cifar10")
    plan = make_plan(load_study("mine", scale), TrialStore(Path("runs")), Path("data"))
    assert plan.scaled.resources.gpu == (scale == "cifar10")
    assert {trial.config.pretrain.data.name for trial in plan.trials} == {"cifar10"}


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_commented_out_is_good_as_well(question: str) -> None:
    ablate("new", "mine.yaml", "--template", question, "--data", "shapes")
    text, count = re.subn(r"^( *)# ([a-z_.]+: .*)", r"\1\2", Path("mine.yaml").read_text(), flags=re.MULTILINE)
    Path("mine.yaml").write_text(text)
    scaled = load_study("mine.yaml")
    assert count >= 3
    assert scaled.resources.gpu == 0.5
    assert enumerate_trials(scaled)[0].config.pretrain.encoder.model_dump()["name"] == "resnet18"


def test_colour_distortion_is_left_out_whole() -> None:
    """Jitter and grayscale: its claim says that it is needed, and a strength of 0 would leave grayscale."""
    ablate("new", "mine", "--template", "augmentation", "--data", "shapes")
    scaled = load_study("mine")
    without = next(t for t in enumerate_trials(scaled) if t.coordinates.get("leave_one_out") == "colour distortion")
    assert [each.kind for each in without.config.pretrain.augment.branches().both] == ["crop", "flip", "blur"]
    claim = next(claim for claim in scaled.claims if claim.says == "Colour distortion is needed.")
    assert isinstance(claim, BetterClaim)
    assert claim.than == [{"leave_one_out": "colour distortion"}]


def test_a_name_is_a_study_and_a_file_is_a_file() -> None:
    ablate("new")
    assert sorted(str(path) for path in Path("studies").iterdir()) == ["studies/my_temperature.yaml", f"studies/{FILE}"]
    ablate("new", "elsewhere/other.yaml", "--data", "shapes")
    assert ablate("plan", "elsewhere/other.yaml")[0] == 0
    assert Path("elsewhere", FILE).is_file()
    assert "my_temperature" in ablate("list")[1]


def test_data_that_is_nearly_built_in_is_asked() -> None:
    assert "note    cifar01 is no built-in data; did you mean cifar10?" in ablate("new", "mine", "--data", "cifar01")[1]
    assert "did you mean" not in ablate("new", "other", "--data", "my-photos")[1]


def test_a_folder_without_a_split_gets_one() -> None:
    make_folder(Path("data/my-photos")).joinpath("train").rename("data/unsplit")
    code, text = ablate("new", "mine", "--data", "unsplit")
    assert (code, "data/unsplit has no split: data.split is 0.2, of each class for testing" in text) == (0, True)
    assert "split: 0.2}" in Path("studies/mine.yaml").read_text()
    code, text = ablate("plan", "mine", "--set", "batch_size=4")
    assert (code, "split 0.2 of each class by seed 0" in text) == (0, True), text


def test_a_folder_that_no_study_can_use_is_told_at_once() -> None:
    """The problem is said, while the study is a beginning all the same."""
    make_folder(Path("data/odd")).joinpath("train").rename("data/odd/training")
    code, text = ablate("new", "mine", "--data", "odd")
    assert (code, Path("studies/mine.yaml").exists()) == (0, True)
    told = (
        "has the folders class0, class1, class2: if it is a split, call it train, test or val; 'ablate data odd' lists"
    )
    assert told in " ".join(text.split())
    make_folder(Path("data/fine"))
    assert "note" not in ablate("new", "other", "--data", "fine")[1]


def test_nothing_is_overwritten() -> None:
    Path("mine.yaml").write_text("mine")
    Path(FILE).write_text("also mine")
    code, text = ablate("new", "mine.yaml")
    assert (code, "exists already" in text, Path("mine.yaml").read_text()) == (2, True, "mine")
    ablate("new", "other.yaml")
    assert Path(FILE).read_text() == "also mine"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["quickstart"], "there is a study of that name"),
        (["a b.yaml"], "is no name"),
        (["some/where"], "give a name, or a file"),
        (["mine", "--data", "../photos"], "is no name"),
        ([f"{'x' * 300}/mine.yaml"], "cannot be written: File name too long"),
        (["mine", "--template", "weather"], "weather"),
    ],
)
def test_what_cannot_be_written_is_exit_code_2(arguments: list[str], expected: str) -> None:
    code, text = ablate("new", *arguments)
    assert (code, expected in text) == (2, True)
    assert list(Path().iterdir()) == []


@pytest.mark.parametrize("name", ["on", "007", "1e5", "null"])
def test_a_name_that_yaml_takes_for_something_else_is_quoted(name: str) -> None:
    ablate("new", f"{name}.yaml", "--data", name)
    study = load_study(f"{name}.yaml").study
    assert (study.name, study.base["data"]["name"]) == (name, name)
