"""A plan's estimated cost agrees with measured speeds and with the actual cost."""

from dataclasses import asdict, replace
from functools import partial
from operator import attrgetter
from pathlib import Path

import pytest
from rich.console import Console

from ablations.planning.cost.estimate import estimate, evaluation_seconds, price_of
from ablations.planning.cost.estimate_text import cost_text, left_text
from ablations.planning.cost.memory import image_bytes, memory
from ablations.planning.cost.seconds import Span, Timing
from ablations.planning.plan import Plan, make_plan
from ablations.running import unit_run, worker
from ablations.running.job import Job
from ablations.running.probe import probe
from ablations.running.run import run_plan
from ablations.running.run_state import RunState
from ablations.running.schedule import Where
from ablations.running.worker import run_unit
from ablations.store.speeds import (
    Hardware,
    Speed,
    Work,
    evaluation_speed,
    load_speeds,
    save_speed,
    training_key,
    training_speed,
)
from ablations.store.trial_store import TrialStore
from ablations.study.load import load_study
from ablations.study.study import Resources
from ablations.types.events import EpochEnded, Started
from core import ProcessLost, pretrain
from core.config import DataConfig, Frozen, PretrainConfig, ResNet
from core.cost import forward_flops, training_flops
from core.history import Epoch

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


def speed(work: Work, seconds: float, key: str = "", has_start: bool = False) -> Speed:
    return Speed("training", key, LAPTOP, **asdict(work), seconds=seconds, measured_at=0.0, has_start=has_start)


def of_image(work: Work, speeds: list[Speed], key: str = "new") -> Span:
    span = Timing(speeds).of_image("training", "", key, work)
    assert span
    return span


def test_what_was_measured_is_taken_as_it_was() -> None:
    work = Work(1e6, 100, 16)
    speeds = [speed(work, 2.0, "same"), speed(work, 3.0, "same"), speed(work, 9.0, "other")]
    assert of_image(work, speeds, "same") == Span(2.5, 2.5)
    assert Timing(speeds).of_image("evaluation", "", "same", work) is None


def test_work_of_several_sizes_tells_a_fixed_part_from_that_of_each_image() -> None:
    """Three rates are known from sizes in which each of them counts."""

    def seconds(work: Work) -> float:
        return 0.04 / work.together + 3e-9 * work.flops + 2e-5 * work.pixels

    sizes = [(1e6, 1e2, 16), (1e9, 1e3, 100), (1e7, 1e5, 100), (1e6, 1e2, 4)]
    speeds = [speed(work, seconds(work)) for work in (Work(*size) for size in sizes)]
    for wanted in (Work(5e8, 4e4, 50), Work(2e6, 2e2, 8)):
        found = of_image(wanted, speeds)
        assert found.likely == pytest.approx(seconds(wanted), rel=0.1)
        assert found.least < seconds(wanted) < found.most
        assert not found.is_wide


def test_one_size_alone_tells_a_range_that_holds_the_truth() -> None:
    """Tiny trials are mostly fixed: their seconds are neither the same nor grow with the FLOPs of larger ones."""
    tiny, large = Work(1e6, 1e2, 10), Work(1e9, 1e4, 100)
    for truth in ((0.5, 1e-9, 0.0), (0.0, 1e-8, 0.0), (0.1, 0.0, 1e-5)):
        small, wanted = (truth[0] / w.together + truth[1] * w.flops + truth[2] * w.pixels for w in (tiny, large))
        found = of_image(large, [speed(tiny, small)])
        assert found.least <= wanted <= found.most
        assert found.is_wide
    assert not of_image(tiny, [speed(tiny, 1.0)]).is_wide


def test_a_first_epoch_alone_says_at_most_how_slow_the_others_are() -> None:
    work = Work(1e6, 100, 16)
    assert of_image(work, [speed(work, 2.0, "same", has_start=True)], "same") == Span(0.0, 2.0)


def test_speeds_of_earlier_versions_do_not_know_how_many_images_shared_a_fixed_part() -> None:
    """They count as measured for the same work, and by FLOPs and pixels for other work."""
    old = speed(Work(1e6, 100), 2.0, "same")
    assert of_image(Work(1e6, 100, 16), [old], "same") == Span(2.0, 2.0)
    assert of_image(Work(4e6, 400, 16), [old]).likely == pytest.approx(8.0, rel=0.05)


def test_what_was_never_measured_is_not_known() -> None:
    """Images that pass no encoder tell nothing of what an operation takes."""
    speeds = [speed(Work(0.0, 100, 16), 2.0)]
    assert Timing(speeds).of_image("training", "", "new", Work(1e6, 100, 16)) is None


def test_an_estimate_adds_up_what_is_left() -> None:
    made = plan()
    for unit in made.units:
        config = unit.trials[0].config.pretrain
        save_speed(STORAGE, training_speed(config, LAPTOP, 0.01 * attrgetter("encoder.width")(config)))
        save_speed(STORAGE, evaluation_speed(config, unit.trials[0].config.evaluate, 2200, LAPTOP, 0.001))
    found = estimate(made, load_speeds(STORAGE))
    training = sum(200 * 2 * 0.01 * width for width in (0.125, 0.25) for _ in range(2))
    assert found.seconds == pytest.approx(training + 4 * 2200 * 0.001)
    configs = [unit.trials[0].config.pretrain for unit in made.units]
    assert found.flops == sum(400 * training_flops(config) for config in configs)
    assert (found.images, found.hardware, found.too_large) == (4 * (400 + 2200), LAPTOP, [])
    assert found.largest == "0.1, 0.25, seed 0"


@pytest.mark.parametrize(
    ("evaluate", "expected"),
    [
        ("{protocol: frozen}", 0),
        ("{protocol: transformation, task: noise}", 0),
        ("{protocol: linear_sgd}", 90 * 200),
        ("{protocol: finetune, labels: 0.01}", 60 * 2),
        ("{protocol: finetune, labels: 20, epochs: 7}", 7 * 20),
        ("{protocol: distill, labels: 0.1, student_epochs: 5, students: [{}, {}]}", 30 * 20 + 2 * 5 * 200),
        ("{protocol: finetune_transfer, steps: 10, batch_size: 8}", (2 + 1) * 10 * 8),
        (
            "{protocol: finetune_transfer, steps: 10, batch_size: 256, learning_rates: [0.1], weight_decays: [0.0]}",
            10 * 200,
        ),
    ],
)
def test_images_that_are_left_count_every_epoch_of_a_network_that_an_evaluation_trains(
    evaluate: str, expected: int
) -> None:
    """Besides the two epochs of the training, and the 2,200 images that are scored. A transfer tries the scale's two
    rates, and trains once more."""
    made = plan(STUDY.replace("{l2_count: 1, neighbors: 5}", evaluate))
    assert [made.images(unit) for unit in made.units] == [400 + 2200 + expected] * 4


def test_images_without_a_label_train_no_network_but_a_student() -> None:
    """5,000 of STL-10's 105,000 training images have a label; so do 100 of 2,100."""
    text = STUDY.replace("{name: shapes, image_size: 16, subset: 200}", "{name: stl10, image_size: 16, subset: 2100}")
    for evaluate, expected in (
        ("{protocol: linear_sgd}", 90 * 100),
        ("{protocol: finetune, labels: 0.1, epochs: 7}", 7 * 10),
        ("{protocol: distill, labels: 0.1, epochs: 7, student_epochs: 5}", 7 * 10 + 5 * 2100),
    ):
        made = plan(text.replace("{l2_count: 1, neighbors: 5}", evaluate))
        assert made.images(made.units[0]) == 2 * 2100 + 2100 + 8000 + expected


def test_a_run_is_done_by_no_more_than_its_training_while_an_evaluation_trains(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = plan(STUDY.replace("{l2_count: 1, neighbors: 5}", "{protocol: finetune, epochs: 13}"))
    now = [0.0]
    monkeypatch.setattr("time.monotonic", lambda: now[0])
    state, unit = RunState(made), made.units[0]
    state.update(Started(unit.pretrain_id))
    state.update(EpochEnded(unit.pretrain_id, Epoch(2, {"loss": 1.0}, 0.1, 1.0, 1.0)))
    now[0] = 4.0
    assert made.images(unit) == 400 + 2200 + 13 * 200
    assert state.seconds_left() == pytest.approx(4 * (4 * 5200 - 400) / 400)


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
    save_speed(STORAGE, evaluation_speed(PretrainConfig(), Frozen(), 100, LAPTOP, 0.5))
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
    found = estimate(plan(), load_speeds(STORAGE)).seconds
    assert found
    assert 2 * 400 * 9 * 2 < found < 2 * 400 * 9 * (1 + wide / narrow)
    assert f"price: {2 * found / 3600:.2f} at 2 an hour" in text


def test_a_wide_range_is_told_as_one_with_its_remedy() -> None:
    """Three steps of a tiny trial do not tell how long a much larger one takes."""
    tiny = plan(STUDY.replace("subset: 200", "subset: 50").replace("[0.125, 0.25]", "[0.0625]"))
    unit = tiny.units[0]
    config, evaluate = unit.trials[0].config.pretrain, unit.trials[0].config.evaluate
    save_speed(STORAGE, training_speed(config, LAPTOP, 0.01))
    save_speed(STORAGE, evaluation_speed(config, evaluate, 2050, LAPTOP, 0.001))
    text = cost_text([plan(STUDY.replace("[0.125, 0.25]", "[1]"))], STORAGE, 1.0)
    assert "time: 0:09 to 29:32 of compute" in text
    assert "price: at most" in text
    assert "'ablate plan --probe'" in text


def test_evaluations_alone_that_were_never_timed_take_no_known_time() -> None:
    made = plan()
    save_speed(STORAGE, training_speed(made.trials[0].config.pretrain, LAPTOP, 9.0))
    scored = replace(made, trained=frozenset(trial.pretrain_id for trial in made.trials))
    assert "time: not known: evaluations by frozen were never timed" in cost_text([scored], STORAGE, None)


def test_a_run_says_how_many_run_at_a_time_only_where_it_is_known() -> None:
    made = plan(f"{STUDY}resources: {{gpu: 0.25}}\n")
    for unit in made.units:
        save_speed(STORAGE, training_speed(unit.trials[0].config.pretrain, GPU, 0.001))
    left = estimate(made, load_speeds(STORAGE))
    told = {way: left_text(made, left, way=way) for way in (None, "machine", "inline", "cluster")}
    assert "on one GPU, 4 at a time (with --inline one at a time)" in told[None]
    assert told["machine"].endswith("at a time\nnot in it: evaluations by frozen, never timed here")
    assert all("at a time" not in told[way] for way in ("inline", "cluster"))


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
    save_speed(STORAGE, training_speed(config, LAPTOP, 0.1))
    save_speed(STORAGE, evaluation_speed(config, trial.config.evaluate, 2200, LAPTOP, 0.5))
    found = estimate(made, load_speeds(STORAGE))
    assert found.unmeasured == ["retrieval"]
    timing = Timing(load_speeds(STORAGE))
    each = [evaluation_seconds(made, one, timing) for one in made.units[0].trials]
    assert each[0]
    assert each[1] is None
    assert "not in it: evaluations by retrieval, never timed here" in cost_text([made], STORAGE, None)


def test_a_distillation_takes_as_long_as_its_epochs() -> None:
    """A probe times one, with a student like the teacher: 1 pass, 90 of the fine-tuning, 1 of the teacher and 3 of the
    student an epoch."""
    made = plan(by_protocol("distill"))
    trial = made.units[0].trials[0]
    pretrain, evaluate = trial.config.pretrain, trial.config.evaluate
    one = evaluate.model_copy(update={"student_epochs": 1})
    size = made.sizes[trial.config.evaluation_data]
    save_speed(STORAGE, evaluation_speed(pretrain, one, size.train + size.test, LAPTOP, 0.5))
    seconds = evaluation_seconds(made, trial, Timing(load_speeds(STORAGE)))
    once = forward_flops(pretrain.encoder, pretrain.data.image_size)
    others, trials = estimate(plan(by_protocol("frozen")), []).flops, sum(len(unit.trials) for unit in made.units)
    assert estimate(made, []).flops == pytest.approx(others + trials * size.train * (90 + 4 * 400) * once)
    assert seconds
    assert seconds.most == pytest.approx(1.25 * 0.5 * (size.train + size.test) * (91 + 4 * 400) / (91 + 4))


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
    (rate,) = [1 / epoch.images_per_second for epoch in store.history(unit.pretrain_id)[1:]]  # the first has the start
    kept = {speed.stage: speed for speed in load_speeds(STORAGE)}
    assert kept["training"].seconds == pytest.approx(0.25 * rate)
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
