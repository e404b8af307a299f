"""A plan's estimated cost agrees with measured speeds and with the actual cost."""

import statistics
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path

import pytest
from rich.console import Console

from ablations.planning.estimate import estimate, evaluation_seconds, price_of, seconds_for
from ablations.planning.estimate_text import cost_text
from ablations.planning.memory import image_bytes, memory
from ablations.planning.plan import Plan, make_plan
from ablations.running import unit_run, worker
from ablations.running.job import Job
from ablations.running.probe import probe
from ablations.running.run import run_plan
from ablations.running.schedule import Where
from ablations.running.worker import run_unit
from ablations.store.speeds import (
    Hardware,
    Speed,
    evaluation_speed,
    load_speeds,
    save_speed,
    training_key,
    training_speed,
)
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from core import ProcessLost, pretrain
from core.config import DataConfig, Frozen, PretrainConfig, ResNet
from core.cost import forward_flops, training_flops

STUDY = """\
name: small
base:
  data: {name: shapes, image_size: 16, subset: 200}
  encoder: {width: 0.125}
  schedule.warmup_epochs: 0.5
  batch_size: 50
  epochs: 2
  precision: float32
  evaluate: {l2_count: 1, neighbors: 5}
grid:
  loss.temperature: [0.1, 0.5]
  encoder.width: [0.125, 0.25]
"""
STORAGE = Path("runs")
LAPTOP = Hardware("a laptop", 8 * 2**30, 1)
GPU = Hardware("NVIDIA A100", 80 * 2**30, 4)


def plan(text: str = STUDY) -> Plan:
    Path("study.yaml").write_text(text)
    return make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"))


def speed(flops: float, pixels: float, seconds: float, key: str = "", hardware: Hardware = LAPTOP) -> Speed:
    return Speed("training", key, hardware, flops, pixels, seconds, 0.0)


def test_what_was_measured_is_taken_as_it_was() -> None:
    speeds = [speed(1e6, 100, 2.0, "same"), speed(1e6, 100, 3.0, "same"), speed(1e6, 100, 9.0, "other")]
    assert seconds_for("training", "same", 1e6, 100, speeds) == 2.5
    assert seconds_for("evaluation", "same", 1e6, 100, speeds) == 0.0


def test_what_was_not_measured_goes_by_its_work() -> None:
    """Few measurements are scaled from the nearest; with enough of them, FLOPs and pixels have a rate each."""
    assert seconds_for("training", "new", 4e6, 100, [speed(1e6, 100, 2.0), speed(1e9, 100, 9.0)]) == 8.0
    of_images = speed(0.0, 100, 1.0)  # images that are scored as they are: no FLOPs, of which no multiple is nearest
    assert seconds_for("training", "new", 4e6, 100, [of_images, speed(1e6, 100, 2.0)]) == 8.0
    assert seconds_for("training", "new", 4e6, 100, [of_images]) == 0.0
    rates = [
        speed(flops, pixels, 3e-9 * flops + 2e-5 * pixels) for flops, pixels in ((1e9, 1e3), (1e8, 1e4), (1e7, 1e5))
    ]
    expected = 3e-9 * 5e8 + 2e-5 * 4e4
    assert seconds_for("training", "new", 5e8, 4e4, rates) == pytest.approx(expected, rel=1e-3)


def test_an_estimate_adds_up_what_is_left() -> None:
    made = plan()
    for unit in made.units:
        config = unit.trials[0].config.pretrain
        save_speed(STORAGE, training_speed(config, LAPTOP, 0.01 * attrgetter("encoder.width")(config)))
        save_speed(STORAGE, evaluation_speed(config, unit.trials[0].config.evaluate, LAPTOP, 0.001))
    found = estimate(made, load_speeds(STORAGE))
    training = sum(200 * 2 * 0.01 * width for width in (0.125, 0.25) for _ in range(2))
    assert found.seconds == pytest.approx(training + 4 * 2200 * 0.001)
    configs = [unit.trials[0].config.pretrain for unit in made.units]
    assert found.flops == sum(400 * training_flops(config) for config in configs)
    assert (found.images, found.hardware, found.too_large) == (4 * (400 + 2200), LAPTOP, [])
    assert found.largest == "0.1, 0.25, seed 0"


def test_seeds_and_learning_rates_cost_the_same_and_encoders_do_not() -> None:
    config = PretrainConfig()
    same = [{"seed": 3}, {"epochs": 50}, {"optimizer": {"learning_rate": 7.0}}, {"schedule": {"warmup_epochs": 3}}]
    for change in same:
        assert training_key(PretrainConfig.model_validate(change)) == training_key(config), change
    for change in ({"batch_size": 256}, {"encoder": {"width": 2}}, {"augment": {"blur": False}}):
        assert training_key(PretrainConfig.model_validate(change)) != training_key(config), change


def test_the_hardware_measured_last_is_the_one_that_counts() -> None:
    config = PretrainConfig()
    save_speed(STORAGE, training_speed(config, GPU, 0.001))
    save_speed(STORAGE, training_speed(config, LAPTOP, 0.5))
    assert estimate(plan(), load_speeds(STORAGE)).hardware == LAPTOP


def test_a_speed_that_cannot_be_read_costs_nothing() -> None:
    save_speed(STORAGE, evaluation_speed(PretrainConfig(), Frozen(), LAPTOP, 0.5))
    (STORAGE / "speeds" / "broken.json").write_text("{")
    (STORAGE / "speeds" / "other.json").write_text('{"stage": "training"}')
    assert [one.seconds for one in load_speeds(STORAGE)] == [0.5]


def test_what_does_not_fit_into_its_share_of_a_gpu_is_named() -> None:
    save_speed(STORAGE, training_speed(PretrainConfig(), GPU, 0.001))
    too_large = []
    for gpu in (1, 0.25):
        text = f"name: big\nbase: {{data: {{name: shapes, image_size: 224}}}}\nresources: {{gpu: {gpu}}}\n"
        Path("study.yaml").write_text(
            text + "grid: {batch_size: [256, 1024]}\nscales: {huge: {base: {encoder.name: resnet50}}}\n"
        )
        made = make_plan(load_study("study.yaml", "huge"), TrialStore(STORAGE), Path("data"))
        too_large.append(estimate(made, load_speeds(STORAGE)).too_large)
    whole, quarter = too_large
    assert len(quarter) > len(whole), too_large


def test_what_was_measured_to_fit_does_whatever_is_reckoned() -> None:
    """Recomputation, say, is not counted; and images are put on the GPU only where it has room."""
    text = "name: big\nbase: {data: {name: shapes, image_size: 224}, batch_size: 4096, encoder: {name: resnet50}}\n"
    Path("study.yaml").write_text(text + "grid: {epochs: [90]}\n")
    made = make_plan(load_study("study.yaml"), TrialStore(STORAGE), Path("data"))
    config = made.trials[0].config.pretrain
    save_speed(STORAGE, training_speed(config, GPU, 0.001))
    reckoned = estimate(made, load_speeds(STORAGE))
    assert reckoned.too_large and reckoned.memory > GPU.memory
    step = 20 * 2**30
    images = image_bytes(config.data, made.sizes[config.data].train, GPU)
    assert images > 0
    save_speed(STORAGE, training_speed(config, GPU, 0.001, step + images))
    measured = estimate(made, load_speeds(STORAGE))
    assert (measured.too_large, measured.memory) == ([], step)
    four = replace(made, scaled=replace(made.scaled, resources=Resources(workers=4)))
    assert estimate(four, load_speeds(STORAGE)).memory == memory(config, GPU, workers=4) != step


def test_images_lie_on_a_gpu_as_large_as_they_are_stored() -> None:
    data = DataConfig(name="shapes", image_size=32)
    stored = data.model_copy(update={"stored_size": 64})
    assert image_bytes(stored, 100, GPU) == 4 * image_bytes(data, 100, GPU) == 4 * 100 * 3 * 32 * 32


def test_a_batch_of_images_in_their_own_shape_counts() -> None:
    """3.2 GB at the paper's batch; on a CPU two more batches are decoded ahead. No such image stays on a GPU."""
    cpu = Hardware("a laptop", 2**34, 2)
    square, own = (
        PretrainConfig.model_validate({"encoder": {"name": "resnet10"}, "data": {"shape": shape}})
        for shape in ("square", "own")
    )
    batch = 4096 * 3 * 512**2
    for hardware, workers, batches in ((GPU, 1, 1), (cpu, 1, 3), (None, 1, 3), (GPU, 8, 1 / 8)):
        assert memory(own, hardware, workers) - memory(square, hardware, workers) == batches * batch
    assert image_bytes(own.data, 100, GPU) == 0 < image_bytes(square.data, 100, GPU)


def test_what_will_not_fit_is_named() -> None:
    """Figure 9's largest batch with a ResNet-50 of 224 pixels, on one GPU."""
    text = "name: big\nbase: {data: {name: shapes, image_size: 224}, precision: auto}\n"
    text += "grid: {batch_size: [256, 4096]}\nscales: {huge: {base: {encoder.name: resnet50}}}\n"
    Path("study.yaml").write_text(text)
    made = make_plan(load_study("study.yaml", "huge"), TrialStore(STORAGE), Path("data"))
    save_speed(STORAGE, training_speed(PretrainConfig(), GPU, 0.001))
    assert estimate(made, load_speeds(STORAGE)).too_large == ["4096, seed 0"]
    assert "will not fit: 4096, seed 0" in cost_text([made], STORAGE, None)
    config = made.units[0].trials[0].config.pretrain
    assert memory(config, GPU) < memory(config, LAPTOP)  # auto is bfloat16 on a GPU
    chunked = config.model_copy(update={"batch_norm_chunk": 128})
    assert memory(chunked, GPU) < 0.3 * memory(config, GPU)


def test_the_text_has_time_and_price() -> None:
    assert "time: not known" in cost_text([plan()], STORAGE, None)
    config = plan().units[0].trials[0].config.pretrain
    save_speed(STORAGE, training_speed(config, LAPTOP, 9.0))
    text = cost_text([plan()], STORAGE, 2.0)
    assert "as measured on a laptop" in text
    narrow, wide = (training_flops(u.trials[0].config.pretrain) for u in plan().units[:2])
    hours = 2 * 400 * 9 * (1 + wide / narrow) / 3600
    assert f"price: {2 * hours:.2f} at 2 an hour" in text


@pytest.mark.usefixtures("mlflow_db")
def test_a_probe_foretells_a_mixed_study() -> None:
    """A study of three sizes; a busy machine may be several times slower from one moment to the next."""
    made = plan(STUDY.replace("[0.125, 0.25]", "[0.125, 0.25, 0.5]"))
    probe(made, STORAGE, Console(quiet=True))
    planned = estimate(made, load_speeds(STORAGE)).seconds
    assert planned
    run_plan(made, Where(STORAGE, Path("data"), inline=True), Console(quiet=True))
    actual = sum(result.seconds for trial in made.trials if (result := TrialStore(STORAGE).result(trial.id)))
    assert 0.2 < planned / actual < 5
    again = estimate(plan(STUDY.replace("[0.1, 0.5]", "[0.3, 0.7]")), load_speeds(STORAGE))
    assert again.seconds
    assert 0.2 < again.seconds / (actual * 2 / 3) < 5


def by_protocol(*protocols: str) -> str:
    """The study with protocols for an axis in place of widths."""
    text = STUDY.replace("  evaluate: {l2_count: 1, neighbors: 5}\n", "")
    return text.replace("  encoder.width: [0.125, 0.25]\n", f"  evaluate.protocol: [{', '.join(protocols)}]\n")


def test_what_one_protocol_takes_says_nothing_of_another() -> None:
    made = plan(by_protocol("linear_sgd", "retrieval"))
    trial = made.units[0].trials[0]
    config = trial.config.pretrain.model_copy(update={"encoder": ResNet()})  # not the very same
    save_speed(STORAGE, evaluation_speed(config, trial.config.evaluate, LAPTOP, 0.5))
    found = estimate(made, load_speeds(STORAGE))
    assert found.unmeasured == ["retrieval"]
    each = [evaluation_seconds(made, one, load_speeds(STORAGE)) for one in made.units[0].trials]
    assert each[0] > 0
    assert each[1] == 0
    assert "not in it: evaluations by retrieval, never timed here" in cost_text([made], STORAGE, None)


def test_a_distillation_takes_as_long_as_its_epochs() -> None:
    """A probe times one, with a student like the teacher: 1 pass, 90 of the fine-tuning, 1 of the teacher and 3 of the
    student an epoch."""
    made = plan(by_protocol("distill"))
    trial = made.units[0].trials[0]
    pretrain, evaluate = trial.config.pretrain, trial.config.evaluate
    one = evaluate.model_copy(update={"student_epochs": 1})
    save_speed(STORAGE, evaluation_speed(pretrain, one, LAPTOP, 0.5))
    seconds = evaluation_seconds(made, trial, load_speeds(STORAGE))
    size = made.sizes[trial.config.evaluation_data]
    once = forward_flops(pretrain.encoder, pretrain.data.image_size)
    others, trials = estimate(plan(by_protocol("frozen")), []).flops, sum(len(unit.trials) for unit in made.units)
    assert estimate(made, []).flops == pytest.approx(others + trials * size.train * (90 + 4 * 400) * once)
    assert seconds == pytest.approx(0.5 * (size.train + size.test) * (91 + 4 * 400) / (91 + 4))


def test_a_probe_times_every_protocol_once_and_no_long_one() -> None:
    made = plan(by_protocol("linear_sgd", "retrieval", "finetune_transfer", "distill"))
    probe(made, STORAGE, Console(quiet=True))
    assert sorted(speed.protocol for speed in load_speeds(STORAGE)) == ["", "", "distill", "linear_sgd", "retrieval"]
    before = [speed.measured_at for speed in load_speeds(STORAGE)]
    probe(made, STORAGE, Console(quiet=True))
    assert [speed.measured_at for speed in load_speeds(STORAGE)] == before


def test_the_time_from_start_to_end_knows_how_many_run_at_a_time() -> None:
    made = plan()
    for unit in made.units:
        config = unit.trials[0].config.pretrain
        save_speed(
            STORAGE, training_speed(config, LAPTOP, 1.0 if attrgetter("encoder.width")(config) == 0.125 else 3.0)
        )
    found = estimate(made, load_speeds(STORAGE))
    assert found.wall_seconds(1) == found.seconds == 2 * 400 * (1 + 3)
    assert found.wall_seconds(2) == 400 * 4
    assert found.wall_seconds(100) == 400 * 3  # no less than the longest
    assert estimate(made, []).wall_seconds(2) is None


def test_trials_that_share_a_gpu_take_as_many_times_longer_and_cost_the_same() -> None:
    """Whatever the share was on which they were measured."""
    save_speed(STORAGE, training_speed(plan().units[0].trials[0].config.pretrain, GPU, 0.001))
    whole, quarter = (plan(f"{STUDY}resources: {{gpu: {gpu}}}\n") for gpu in (1, 0.25))
    alone, beside = (estimate(made, load_speeds(STORAGE)) for made in (whole, quarter))
    assert alone.seconds and beside.seconds == pytest.approx(4 * alone.seconds)
    prices = [price_of(left, made.scaled.resources, 2.0) for left, made in ((alone, whole), (beside, quarter))]
    assert prices[0] == pytest.approx(prices[1])
    assert "on one GPU, 4 at a time" in cost_text([quarter], STORAGE, None)
    assert "at a time" not in cost_text([whole], STORAGE, None)


def test_what_is_measured_on_a_share_of_a_gpu_is_kept_as_of_a_whole_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its seconds; the memory is what it took."""
    for module in (worker, unit_run):
        monkeypatch.setattr(module, "memory_peak", lambda device: 7 * 2**30)
    made = plan(STUDY.replace("[0.1, 0.5]", "[0.1]").replace("[0.125, 0.25]", "[0.125]"))
    (unit,) = made.units
    store = TrialStore(STORAGE)
    store.record(unit)
    run_unit(unit, Job(STORAGE, Path("data"), "me", 1, share=0.25), lambda event: None)
    rates = [1 / epoch.images_per_second for epoch in store.history(unit.pretrain_id)]
    kept = {speed.stage: speed for speed in load_speeds(STORAGE)}
    assert kept["training"].seconds == pytest.approx(0.25 * statistics.median(rates))
    assert {speed.memory for speed in kept.values()} == {7 * 2**30}
    assert set(kept) == {"training", "evaluation"}


@pytest.mark.parametrize("left", ["the encoder", "the last checkpoint"])
def test_the_memory_of_a_training_is_not_that_of_what_was_only_loaded(
    left: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash there is an encoder without its whole history, or a checkpoint of the end without its encoder."""
    (unit, *_), store = plan().units, TrialStore(STORAGE)
    store.record(unit)
    job = Job(STORAGE.resolve(), Path("data").resolve(), "me", 1)

    def peaks() -> list[int]:
        run_unit(unit, job, lambda event: None)
        return [one.memory for one in load_speeds(STORAGE) if one.stage == "training"]

    def fail(*_: object) -> None:
        raise ProcessLost("crashed")

    monkeypatch.setattr(worker, "pretrain", partial(pretrain, checkpoint_seconds=0.0))
    monkeypatch.setattr(worker, "memory_peak", lambda device: 5000)
    monkeypatch.setattr(unit_run, "memory_peak", lambda device: 5000)
    with monkeypatch.context() as patch, pytest.raises(ProcessLost):
        patch.setattr("ablations.running.worker.save_speed" if left == "the encoder" else "core.Pretrained.save", fail)
        peaks()
    store.save_history(unit.pretrain_id, [])  # as before the crash
    monkeypatch.setattr(worker, "memory_peak", lambda device: 70)
    monkeypatch.setattr(unit_run, "memory_peak", lambda device: 70)
    assert peaks() == [0]
