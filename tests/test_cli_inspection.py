"""``ablate show``, ``diff``, ``rm`` and ``gc`` show, compare and remove trials of a store."""

from pathlib import Path

import pytest
from command_line import ablate

from ablations.planning.plan import make_plan
from ablations.store.folders import files_below
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.types.trial import Result, Trial
from core.files import write_text
from core.remote import AnyPath
from core.trained.checkpoint import save_checkpoint
from helpers import epoch

STUDY = "name: small\ngrid:\n  loss.temperature: [0.1, 0.5]\n  evaluate.neighbors: [5, 7]\n"


@pytest.fixture
def store(storage: AnyPath, monkeypatch: pytest.MonkeyPatch) -> TrialStore:
    """A store of four trials and two encoders: two trials finished, one failed, one waits."""
    monkeypatch.setenv("ABLATE_STORAGE", str(storage))
    Path("small.yaml").write_text(STUDY)
    store = TrialStore(storage)
    plan = make_plan(load_study("small.yaml"), store, Path("data"))
    for unit in plan.units:
        store.record(unit)
        write_text(store.encoder_path(unit.pretrain_id), "encoder")
    results = [
        Result(plan.trials[0].id, "done", {"linear_eval/top1": 50.0}, 3.0, 0.0, {"device": "a GPU"}),
        Result(plan.trials[1].id, "done", {"linear_eval/top1": 60.0}, 3.0, 0.0, {"device": "a GPU"}),
        Result(plan.trials[2].id, "failed", {}, 3.0, 0.0, {}, "ZeroDivisionError: x", "bug", "Traceback: in broken"),
    ]
    for result in results:
        store.save_result(result)
    epochs = [epoch(number, 5.0 - number, 10.0 * number) for number in (1, 2, 3)]
    store.save_history(plan.trials[0].pretrain_id, epochs, trained=True)
    return store


def trials(store: TrialStore) -> list[Trial]:
    return make_plan(load_study("small.yaml"), store, Path("data")).trials


def test_show_has_configuration_curve_and_result(store: TrialStore) -> None:
    first = trials(store)[0]
    code, text = ablate("show", first.id[:8])
    assert code == 0
    for expected in (first.id, first.pretrain_id, "pretrain.loss.temperature 0.1", "linear_eval/top1 50", "█▅▁"):
        assert expected in " ".join(text.split())
    assert "4 to 2 in 3 epochs" in text


def test_show_has_the_traceback_of_a_bug(store: TrialStore) -> None:
    _, text = ablate("show", trials(store)[2].id)
    assert "bug: ZeroDivisionError: x" in text
    assert "Traceback: in broken" in text
    assert "no result yet" in ablate("show", trials(store)[3].id)[1]


def test_an_id_must_be_known_and_be_one(store: TrialStore) -> None:
    assert ablate("show", "zzz") == (
        2,
        f"zzz: {store.root} has no trial whose id begins so; 'ablate plan STUDY' shows ids\n",
    )
    code, text = ablate("show", "")
    assert (code, "4 trials begin so" in text) == (2, True)


def test_an_encoder_is_shown_by_its_only_trial_and_names_its_trials_where_it_has_several(store: TrialStore) -> None:
    first, second, *_ = trials(store)
    code, text = ablate("show", first.pretrain_id)
    told = f"{first.pretrain_id}: is an encoder of 2 trials; write one of"
    assert (code, told in " ".join(text.split()), first.id in text, second.id in text) == (2, True, True, True)
    ablate("rm", second.id, "--yes")
    code, text = ablate("show", first.pretrain_id[:9])
    assert (code, f"trial {first.id}, encoder {first.pretrain_id}" in text) == (0, True)


def test_an_encoder_that_was_never_trained_is_shown_as_its_only_trial_is_planned(store: TrialStore) -> None:
    Path("other.yaml").write_text("name: other\ngrid: {batch_size: [17, 18], evaluate.neighbors: [5]}\n")
    planned = make_plan(load_study("other.yaml"), store, Path("data")).trials[1]
    code, text = ablate("show", planned.pretrain_id[:9], "--study", "other.yaml")
    assert (code, f"trial {planned.id}, encoder {planned.pretrain_id}" in text) == (0, True)


def test_a_trial_that_never_ran_is_shown_as_it_is_planned(store: TrialStore) -> None:
    Path("studies").mkdir()
    Path("studies/other.yaml").write_text("name: other\nbase: {epochs: 3}\ngrid: {batch_size: [17, 18]}\n")
    planned = make_plan(load_study("other"), store, Path("data")).trials[1]
    for arguments in ([], ["--study", "other"], ["--study", "studies/other.yaml", "--scale", "quick"]):
        code, text = ablate("show", planned.id[:9], *arguments)
        words = " ".join(text.split())
        assert code == 0
        assert f"trial {planned.id}, encoder {planned.pretrain_id}" in words
        assert "epochs 3 study studies/other.yaml:2:16" in words
        assert "batch_size 18 cell studies/other.yaml:3:25" in words
        assert "head.kind nonlinear default" in words
        assert words.endswith("no result yet")
    code, text = ablate("show", planned.id, "--study", "small.yaml")
    assert (code, "no trial of small.yaml has such an id at this scale" in text) == (2, True)
    assert ablate("show", planned.id, "--scale", "laptop")[0] == 2  # at that scale it is another trial
    assert ablate("show", "", "--study", "other")[0] == 2


def test_a_trial_with_a_result_is_shown_with_its_origins_where_a_study_is_named(store: TrialStore) -> None:
    words = " ".join(ablate("show", trials(store)[0].id, "--study", "small.yaml")[1].split())
    assert "loss.temperature 0.1 cell small.yaml:3:22" in words
    assert "linear_eval/top1 50" in words


def test_diff_shows_what_differs_and_nothing_else(store: TrialStore) -> None:
    one, other, _, waiting = (trial.id for trial in trials(store))
    _, text = ablate("diff", one, other)
    lines = [line.split() for line in text.splitlines()]
    assert lines[1:] == [["evaluate.neighbors", "5", "7"], ["linear_eval/top1", "50", "60", "+10"]]
    assert "do not differ" in ablate("diff", one, one)[1]
    assert "pretrain.loss.temperature" in ablate("diff", one, waiting)[1]


def test_rm_takes_the_encoder_with_its_last_trial(store: TrialStore) -> None:
    one, other, *_ = trials(store)
    assert ablate("rm", one.id, answer="n\n")[1].endswith("nothing was removed\n")
    assert store.result(one.id)
    assert ablate("rm", one.id, answer="y\n")[0] == 0
    assert store.result(one.id) is None
    assert store.encoder_path(one.pretrain_id).exists()
    ablate("rm", other.id, "--yes")
    assert not store.encoder_folder(one.pretrain_id).exists()
    assert store.trial_ids() == sorted(trial.id for trial in trials(store)[2:])


def test_gc_removes_what_nothing_needs_and_nothing_else(store: TrialStore) -> None:
    assert ablate("gc", "--yes") == (0, "nothing to remove\n")
    first, *_, last = trials(store)
    save_checkpoint(store.encoder_path(first.pretrain_id), {"state": 1})
    write_text(store.checkpoint_path(first.pretrain_id), "state")
    store.encoder_path(last.pretrain_id).unlink()
    write_text(store.checkpoint_path(last.pretrain_id), "state")  # of a training that is not done
    write_text(store.trial_folder(first.id) / ".result.json.0123456789abcdef", "half")
    write_text(store.root / "encoders" / "0123456789abcdef" / "config.json", "{}")
    write_text(store.encoder_folder(last.pretrain_id) / "encoder.pt.damaged", "half")
    before = files_below(store.root)
    _, text = ablate("gc", "--yes")
    gone = {store.encoder_folder(last.pretrain_id) / "encoder.pt.damaged"}
    gone |= {store.checkpoint_path(first.pretrain_id), store.trial_folder(first.id) / ".result.json.0123456789abcdef"}
    gone |= {store.root / "encoders" / "0123456789abcdef" / "config.json"}
    assert {path for path in set(before) - set(files_below(store.root)) if path.parent.name != "run"} == gone
    assert not (store.root / "encoders" / "0123456789abcdef").exists()
    for reason in ("an encoder of no trial", "the training is done", "never finished", "damaged"):
        assert reason in text


@pytest.mark.parametrize(("losses", "curve"), [([1.0, 2.0, 3.0], "▁▅█"), ([2.0], "▁")])
def test_a_curve_is_as_high_as_its_values(store: TrialStore, losses: list[float], curve: str) -> None:
    assert curve_of(store, losses) == curve


def test_a_long_curve_has_60_epochs(store: TrialStore) -> None:
    assert len(curve_of(store, [float(number) for number in range(1000)])) == 60


def curve_of(store: TrialStore, losses: list[float]) -> str:
    """Curve of the loss, as ``ablate show`` prints it."""
    first = trials(store)[0]
    epochs = [epoch(number, loss) for number, loss in enumerate(losses, 1)]
    store.save_history(first.pretrain_id, epochs, trained=True)
    (line,) = [line for line in ablate("show", first.id)[1].splitlines() if line.startswith("loss ")]
    return line.split()[1]
