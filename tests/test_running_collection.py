"""Several studies as one run: each training once, each study its own place in MLflow, none stops another."""

from pathlib import Path
from typing import NoReturn

import pytest
from command_line import ablate
from two_studies import (
    CLAIM,
    NEIGHBORS,
    STORAGE,
    TEMPERATURE,
    load_failed,
    plan,
    run,
    temperature_of,
    without_training,
    write,
)

import ablations.tracking.collection_report  # noqa: F401 - before the function that it imports is replaced
from ablations.study.collection import load_studies
from ablations.study.library import all_collections, all_studies
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.tracking.reader import read_study
from ablations.types.errors import StudyError
from ablations.types.trial import Unit

pytestmark = pytest.mark.usefixtures("blank_figures")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Unit]:
    return without_training(monkeypatch)


@pytest.mark.usefixtures("mlflow_db", "undrawn")
def test_what_studies_share_is_run_once_and_is_in_each(ran: list[Unit]) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    outcome = run()
    assert [len(unit.trials) for unit in ran] == [1, 2]
    assert {name: list(one.states.values()) for name, one in outcome.by_study.items()} == {
        "temperature": ["done"] * 2,
        "neighbors": ["done"] * 2,
    }
    assert outcome.complete
    for study in ("temperature", "neighbors"):
        assert read_study(study, "quick").table["state"].tolist() == ["done"] * 2
    run()
    assert len(ran) == 2


def test_the_plan_counts_what_is_shared_once() -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    code, text = ablate("plan", "both.yaml")
    assert code == 0
    assert "3 trials, 2 trainings, 1 of them shared by several studies; 3 to run" in text
    assert text.count("waiting") == 2
    assert (code, text) == ablate("run", "both.yaml", "--dry-run")
    assert not STORAGE.exists()


def test_a_training_is_run_as_the_first_study_that_wants_it_asks() -> None:
    write(
        temperature=TEMPERATURE,
        neighbors=NEIGHBORS + "resources: {cpu: 2}\n",
        more=NEIGHBORS.replace("neighbors\n", "more\n").replace("[0.5]", "[0.5, 0.9]") + "resources: {cpu: 2}\n",
    )
    groups = plan().groups
    assert [group.scaled.resources for group in groups] == [Resources(cpu=1), Resources(cpu=2)]
    temperatures = [[temperature_of(unit.trials[0]) for unit in group.units] for group in groups]
    assert temperatures == [[0.1, 0.5], [0.9]]
    assert [len(unit.trials) for unit in groups[0].units] == [1, 2]


@pytest.mark.usefixtures("mlflow_db", "undrawn")
def test_a_study_without_its_data_stops_no_other(ran: list[Unit]) -> None:
    write(far=TEMPERATURE.replace("shapes", "nowhere").replace("temperature\n", "far\n", 1), neighbors=NEIGHBORS)
    assert "no folder data/nowhere/train" in ablate("status", "both.yaml")[1]
    code, text = ablate("run", "both.yaml", "--inline")
    assert (code, len(ran)) == (1, 1)
    assert "far: not completed" in text
    assert "neighbors: 2 done, 0 failed" in text


@pytest.mark.usefixtures("mlflow_db", "undrawn")
def test_a_set_that_cannot_be_downloaded_costs_its_study_alone_and_the_command_without_it_is_told(
    ran: list[Unit], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*arguments: object) -> NoReturn:
        raise RuntimeError("no route to host")

    monkeypatch.setattr("core.data.sets.archives._cifar", refuse)
    monkeypatch.setattr("sys.argv", ["ablate", "run", "both.yaml", "--inline"])
    write(far=TEMPERATURE.replace("shapes", "cifar100").replace("temperature\n", "far\n", 1), neighbors=NEIGHBORS)
    code, text = ablate("run", "both.yaml", "--inline")
    assert (code, len(ran)) == (1, 1)
    assert "far: not completed: data: cifar100 is not in" in text
    assert text.endswith("the others alone:\n    ablate run both.yaml --inline --without far\n")
    code, text = ablate("run", "both.yaml", "--inline", "--without", "far")
    assert (code, len(ran)) == (0, 1)
    assert "both at scale quick: 1 study, without far" in text


def test_studies_are_left_out_by_name_and_nothing_of_them_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    write(temperature="name: cold\nbase: {epochs: wrong}\n", neighbors=NEIGHBORS)
    monkeypatch.setattr("sys.argv", ["ablate", "plan", "both.yaml"])
    code, text = ablate("plan", "both.yaml")
    assert (code, "ablate plan both.yaml --without cold" in text) == (2, True)
    for command in ("plan", "status", "run"):
        extra = ["--dry-run"] if command == "run" else []
        assert ablate(command, "both.yaml", "--without", "cold", *extra)[0] == 0
    for without, told in (
        (["cald"], "--without cald: both has no such study; did you mean 'cold'?"),
        (["cold", "neighbors"], "--without leaves no study of both"),
    ):
        code, text = ablate("plan", "both.yaml", *(part for name in without for part in ("--without", name)))
        assert (code, told in text) == (2, True)
    code, text = ablate("plan", "neighbors.yaml", "--without", "cold")
    assert (code, "leaves a study out of a collection, and neighbors.yaml is a study" in text) == (2, True)


@pytest.mark.usefixtures("mlflow_db", "undrawn")
def test_data_that_does_not_decode_stops_its_study_alone(ran: list[Unit], monkeypatch: pytest.MonkeyPatch) -> None:
    write(temperature=TEMPERATURE.replace("subset: 60", "subset: 80"), neighbors=NEIGHBORS)

    def load(needed: list[object], *arguments: object) -> None:
        if "subset=80" in str(needed):
            raise StudyError("data: it is broken")

    monkeypatch.setattr("ablations.running.round.prepare_data", load)
    outcome = run()
    assert outcome.unable == {"temperature": "data: it is broken"}
    assert list(outcome.by_study) == ["neighbors"]
    assert not outcome.complete


@pytest.mark.usefixtures("mlflow_db", "undrawn")
def test_a_failed_trial_stops_no_other_study(ran: list[Unit]) -> None:
    write(temperature=TEMPERATURE, neighbors=NEIGHBORS)
    lost = load_failed(plan())
    outcome = run()
    assert (outcome.by_study["temperature"].failed, outcome.by_study["neighbors"].failed) == (1, 0)
    assert not outcome.complete
    assert [trial.id for unit in ran for trial in unit.trials].count(lost) == 0


@pytest.mark.usefixtures("undrawn")
def test_nothing_starts_where_no_study_can(ran: list[Unit]) -> None:
    write(far=TEMPERATURE.replace("shapes", "nowhere"))
    code, text = ablate("run", "both.yaml", "--inline")
    assert (code, ran) == (2, [])
    assert "no folder data/nowhere/train" in text


def test_what_is_wrong_with_any_study_is_told_before_anything_starts(ran: list[Unit]) -> None:
    write(one=TEMPERATURE.replace("0.1", "-1"), two=NEIGHBORS, three=NEIGHBORS.replace("[1, 5]", "[0]"))
    Path("both.yaml").write_text("name: both\nstudies: [one.yaml, two.yaml, three.yaml]\n")
    code, text = ablate("run", "both.yaml", "--inline")
    assert (code, ran) == (2, [])
    assert "there is a study 'neighbors' before it" in text
    write(
        one=TEMPERATURE.replace("[0.1, 0.5]", "[0.1, -1]").replace(CLAIM, ""), three=NEIGHBORS.replace("[1, 5]", "[0]")
    )
    code, text = ablate("run", "both.yaml", "--inline")
    assert (code, ran) == (2, [])
    assert "one.yaml:" in text
    assert "three.yaml:" in text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("name: both\nstudies: []\n", "both.yaml:2:10: studies: must have at least 1 entry"),
        ("name: both\nstudies:\n  - nowhere\n", "both.yaml:3:5: studies[0]: nowhere: no such file"),
        ("name: both\nstudies: [both.yaml]\n", "is a collection of studies, but one study is needed"),
        ("name: both\nstudies: [s.yaml]\nseed: 3\n", "both.yaml:3:7: seed: there is no such field"),
        ("studies: [s.yaml]\n", "'name' is required"),
    ],
)
def test_a_wrong_collection_is_told_with_its_place(text: str, expected: str) -> None:
    Path("s.yaml").write_text(TEMPERATURE)
    Path("both.yaml").write_text(text)
    code, told = ablate("plan", "both.yaml")
    assert code == 2
    assert expected in told


@pytest.mark.usefixtures("mlflow_db")
def test_seeds_are_added_where_a_claim_waits_for_them(ran: list[Unit]) -> None:
    write(
        temperature=TEMPERATURE.replace("cold is better", "more is said").replace("0.5]]", "0.5]], margin: -39.9"),
        neighbors=NEIGHBORS,
    )
    outcome = run(most_seeds=4)
    table = read_study("temperature", "quick").table
    assert table["seed"].tolist() == [0, 0, 1, 1, 2, 2]
    assert read_study("neighbors", "quick").table["seed"].tolist() == [0, 0]
    drawn = outcome.by_study["temperature"].drawn
    assert drawn
    assert drawn.verdicts[0].word == "REFUTED"
    assert outcome.complete


@pytest.mark.usefixtures("mlflow_db")
def test_seeds_are_added_until_values_are_known_to_be_alike(ran: list[Unit]) -> None:
    """Every seed has nearly the same difference of 40, so that three decide."""
    alike = "claims: [{says: no matter, source: here, kind: similar, axis: loss.temperature, margin: 41}]\n"
    write(temperature=TEMPERATURE.replace(CLAIM, alike), neighbors=NEIGHBORS)
    drawn = run(most_seeds=5).by_study["temperature"].drawn
    assert drawn
    assert drawn.verdicts[0].word == "SUPPORTED"
    assert drawn.verdicts[0].seeds == 3
    assert "+40.0 points between 0.5 and 0.1" in drawn.page.read_text()


def test_collections_are_no_studies() -> None:
    Path("studies").mkdir()
    Path("studies/temperature.yaml").write_text(TEMPERATURE)
    Path("studies/mine.yaml").write_text("name: mine\nstudies: [temperature]\n")
    assert "mine" in all_collections()
    assert all_collections().keys().isdisjoint(all_studies())
    listed = ablate("list")[1].splitlines()
    assert not any(line.startswith("mine") for line in listed)
    assert "mine" in listed[-1].removeprefix("several studies together: ").split(", ")
    assert "mine at scale quick: 1 study;" in ablate("plan", "mine")[1]
    with pytest.raises(StudyError, match="is a collection of studies"):
        load_study("mine")


def test_the_paper_has_every_study_of_it() -> None:
    """Studies of methods stand beside numbers of several papers."""
    known = {name: load_study(name).study.reproduces for name in all_studies()}
    others = ("v2_", "cpcv2_", "mae_", "methods")
    of_paper = {name for name, key in known.items() if key and not key.startswith(others)} - {"quickstart"}
    listed = {study.study.name for study in load_studies("paper").studies}
    assert of_paper <= listed
