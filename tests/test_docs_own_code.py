"""docs/own-code.md: its files and commands, in the order of the page."""

import contextlib
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

import pytest
from command_line import ablate

from ablations.store.find_trial import trained_encoder
from ablations.store.trial_store import StoredTrial, TrialStore
from ablations.types.errors import AblateError
from core import DataConfig, Pretrained, load_data, pretrain
from core.config.own_code import forget_all
from helpers import pixels

TEXT = (Path(__file__).parent.parent / "docs" / "own-code.md").read_text()
BEFORE, _, PARTS = TEXT.partition("## Every other kind of part\n")
PARTS, _, AFTER = PARTS.partition("\n## ")
FILE = re.compile(r"^```(?:python|yaml)\n# (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
PYTHON = re.compile(r"^```python\n(from ablations .*?)^```$", re.DOTALL | re.MULTILINE)
COMMAND = re.compile(r"^\$ (.*)$", re.MULTILINE)


@pytest.fixture(autouse=True, scope="module")
def own_code_is_removed() -> Iterator[None]:
    yield
    forget_all()


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory, empty_mlflow: Path) -> Iterator[TrialStore]:
    """The results of the study of all parts, whose figure is not drawn."""

    def refuse(*arguments: object) -> NoReturn:
        raise AblateError("figures take seconds")

    folder = tmp_path_factory.mktemp("parts")
    shutil.copy(empty_mlflow, folder / "mlflow.db")
    with contextlib.chdir(folder), pytest.MonkeyPatch.context() as patch:
        patch.setattr("ablations.tracking.report.draw_report", refuse)
        write(PARTS)
        (command,) = COMMAND.findall(PARTS)
        said(command)
    yield TrialStore(folder / "runs")
    forget_all()


@pytest.fixture(scope="module")
def trials(store: TrialStore) -> dict[str, StoredTrial]:
    """Its trials by their protocols."""
    return {trial.config["evaluate"]["protocol"]: trial for trial in store.all_stored()}


@pytest.fixture(scope="module")
def trained(store: TrialStore, trials: dict[str, StoredTrial]) -> Pretrained:
    return trained_encoder(store, trials["frozen"], "cpu")


def test_the_journey() -> None:
    write(BEFORE + AFTER)
    for text in PYTHON.findall(BEFORE + AFTER):
        exec(text, {})
    told = [said(command) for command in COMMAND.findall(BEFORE + AFTER)]
    planned, _, _, edited, _, undone = told
    assert "4 trials, 4 trainings; 0 done, 4 to run" in planned
    assert "1 done, 3 to run" in edited
    assert "my_ideas.py was edited: this storage has results of 3 of these trials for its earlier code" in edited
    assert "4 done, 0 to run" in undone


def test_an_own_data_set_is_trained_on_and_its_contents_are_kept_with_the_result(
    trials: dict[str, StoredTrial],
) -> None:
    config, result = trials["frozen"].config["pretrain"]["data"], trials["frozen"].result
    assert (config["name"], len(config["fingerprint"])) == ("my_stripes", 16)
    assert result and result.facts["images"] == f"my_stripes {config['fingerprint']}"
    part = load_data(DataConfig(name="my_stripes", image_size=16, subset=10))
    assert pixels(part.train)[:2, 0, :, 0].tolist() == [[255, 255, 0, 0] * 4, [255] * 16]
    assert part.train.labels.bincount().tolist() == [5, 5]


def test_an_own_metric_and_an_own_protocol_score_it(trials: dict[str, StoredTrial]) -> None:
    frozen, norm = trials["frozen"].result, trials["mean_norm"].result
    assert frozen and 0 <= frozen.metrics["linear_eval/worst_class"] <= 100
    assert norm and norm.metrics["mean_norm/length"] > 0


def test_an_own_policy_makes_the_views(trained: Pretrained) -> None:
    branches = trained.config.augment.branches()
    assert [one.kind for one in (*branches.both, *branches.first)] == ["crop", "flip"]
    assert trained.config.augment.model_dump()["smallest"] == 0.5


def test_an_own_optimiser_and_an_own_schedule_take_the_steps(trained: Pretrained) -> None:
    """Adagrad's first step moves each weight by the rate; the second has half of it, and moves it by less."""
    rate = 0.01 * 32 / 256
    assert [epoch.learning_rate for epoch in trained.history] == [pytest.approx(rate / 2)]
    config = trained.config.model_copy(update={"epochs": 0})
    first = pretrain(config, load_data(config.data), device="cpu").encoder.state_dict()
    moved = max(
        (weights - first[name]).abs().max().item()
        for name, weights in trained.encoder.state_dict().items()
        if "running" not in name and "tracked" not in name
    )
    assert rate < moved < 1.5 * rate * 1.001


def write(text: str) -> None:
    for name, content in FILE.findall(text):
        Path(name).write_text(content)


def said(command: str) -> str:
    """The output of a command; runs are in this process."""
    program, *arguments = shlex.split(command)
    if program != "ablate":
        return subprocess.run([program, *arguments], check=True, capture_output=True, text=True).stdout
    code, text = ablate(*arguments, *(["--inline"] if arguments[0] == "run" else []))
    assert code == 0, text
    return text
