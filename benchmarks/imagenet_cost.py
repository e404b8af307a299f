"""Estimates the cost of the paper's studies at scale imagenet, from their plans and from speeds measured on one GPU.

    python benchmarks/imagenet_cost.py > benchmarks/imagenet_cost.md

No data is needed and nothing is trained. An encoder that several studies want is counted in each of them, and once in
the sum.
"""

from collections.abc import Iterable
from pathlib import Path

from ablations.planning.cost.memory import memory
from ablations.planning.grid import enumerate_trials
from ablations.store.speeds import Hardware, training_work
from ablations.study.collection import load_studies
from ablations.study.scaled_study import ScaledStudy
from ablations.types.trial import Trial, Unit, group_units
from core.config import DataConfig, PretrainConfig
from core.config.protocols.tuning import FineTune, FineTuneTransfer, LinearSgd
from core.cost import BACKWARD, forward_flops
from core.data.catalog import DataSize
from core.data.sources.find import data_size

GPU = "H100 80GB, bfloat16 channels_last, PyTorch 2.11"
VIEWS_A_SECOND = 3486
"""Views a second for a ResNet-50 at 224 pixels, augmentation included; measured by gpu.py."""
FLOPS_A_SECOND = VIEWS_A_SECOND * 3 * 8.18e9
HARDWARE = Hardware("NVIDIA H100 80GB", 80 * 10**9, threads=12)
DECODE_SECONDS = 1.95e-3
"""Seconds of a worker's core to decode a 500 x 375 JPEG in its own shape and hand it over; measured by streaming.py."""
CORES = 12
"""Beside each GPU, as scales/imagenet.yaml asks for."""
FOLDERS = {"imagenet": DataSize(1_281_167, 50_000, 1000), "birdsnap": DataSize(47_386, 2_443, 500)}
"""Sizes of the image folders; birdsnap's is as in appendix B.8."""
GPUS = (8, 64, 512)
TRIED = 57
"""Trainings of a transfer by fine-tuning: appendix B.8.2's grid of 56, and the one that is reported."""


def main() -> None:
    collection = load_studies("paper", "imagenet")
    print(INTRODUCTION)
    print("| study | trainings | GPU hours | " + " | ".join(f"hours on {n}" for n in GPUS) + " | longest, hours on 8 |")
    print("| --- | ---: | ---: |" + " ---: |" * len(GPUS) + " ---: |")
    for study in collection.studies:
        print(row(f"`{study.study.name}`", units_of([study])))
    everything = units_of(collection.studies)
    print(row("**all, shared encoders once**", everything))
    print(remarks(everything))


def units_of(studies: Iterable[ScaledStudy]) -> list[Unit]:
    trials = {trial.id: trial for study in studies for trial in enumerate_trials(study)}
    return group_units(list(trials.values()))


def row(name: str, units: list[Unit]) -> str:
    """A row of the table.

    On N GPUs a study takes the sum shared by all, but never less than the longest training on the most GPUs of one
    trial."""
    hours = [seconds(unit) / 3600 for unit in units]
    walls = [max(sum(hours) / gpus, max(hours) / min(gpus, most_workers(units))) for gpus in GPUS]
    cells = [f"{sum(hours):,.0f}", *(f"{wall:,.1f}" for wall in walls), f"{max(hours) / 8:,.1f}"]
    return f"| {name} | {len(units)} | " + " | ".join(cells) + " |"


def seconds(unit: Unit) -> float:
    """Seconds of one GPU."""
    return (training(unit) + sum(map(evaluation, unit.trials))) / FLOPS_A_SECOND


def training(unit: Unit) -> float:
    """FLOPs."""
    config = unit.trials[0].config.pretrain
    return size_of(config.data).train * config.epochs * training_work(config).flops


def evaluation(trial: Trial) -> float:
    """FLOPs. Protocols that are not named here pass each image through the encoder once."""
    config, evaluate, data = trial.config.pretrain, trial.config.evaluate, size_of(trial.config.evaluation_data)
    forward = forward_flops(config.encoder, trial.config.evaluation_data.image_size)
    both = (1 + BACKWARD) * forward
    match evaluate:
        case LinearSgd():
            return forward * (evaluate.epochs * data.train + data.test)
        case FineTune():
            labelled = data.train * evaluate.labels if evaluate.labels <= 1 else evaluate.labels
            return both * (evaluate.epochs or (60 if labelled <= 0.01 * data.train else 30)) * labelled
        case FineTuneTransfer():
            return both * TRIED * (evaluate.steps or 20_000) * evaluate.batch_size
    return forward * (data.train + data.test)


def size_of(data: DataConfig) -> DataSize:
    return FOLDERS[data.name].reduced(data) if data.name in FOLDERS else data_size(data, Path())


def most_workers(units: list[Unit]) -> int:
    """GPUs that one trial has a use for: 64 images on each at least, or batch norm and launches cost more."""
    return max(1, max(unit.trials[0].config.pretrain.batch_size for unit in units) // 64)


def needs(unit: Unit) -> int:
    """Bytes of a step."""
    return memory(unit.trials[0].config.pretrain, HARDWARE)


def remarks(units: list[Unit]) -> str:
    hungriest = max(units, key=needs)
    rate = VIEWS_A_SECOND / 2
    return REMARKS.format(
        rate=rate,
        busy=rate * DECODE_SECONDS,
        cores=CORES,
        decode=1000 * DECODE_SECONDS,
        most=needs(hungriest) / 2**30,
        name=f"batch {hungriest.trials[0].config.pretrain.batch_size:,}",
        gpus=-(-needs(hungriest) // (0.9 * HARDWARE.memory)),
        gib=max(map(needs, filter(is_default, units))) / 2**30,
        narrow=CORES / DECODE_SECONDS,
    )


def is_default(unit: Unit) -> bool:
    """The paper's: Sec 2.3."""
    config, default = unit.trials[0].config.pretrain, PretrainConfig()
    encoder = {**config.encoder.model_dump(), "initialisation": None}  # which the paper does not give
    same_encoder = encoder == {**default.encoder.model_dump(), "initialisation": None}
    return same_encoder and config.batch_size == default.batch_size


INTRODUCTION = f"""\
# What the paper's studies cost on ImageNet

Computed by `python benchmarks/imagenet_cost.py` from the plans at scale `imagenet`, one seed, and from what one GPU was
measured to do ({GPU}): {VIEWS_A_SECOND:,} views of 224 pixels a second through a
ResNet-50 in training, augmentation included, which is {FLOPS_A_SECOND / 1e12:.0f} TFLOP/s of convolutions. Other
encoders are assumed to reach the same, which narrow ones do not. **Nothing of it was run on ImageNet.** Hours on N GPUs
assume that all GPUs are busy, and that a trial, with its evaluations, uses so many that each has 64 images of a batch.
"""
REMARKS = """
What the bottleneck would be:

- **Memory, first.** The paper's default batch of 4096 takes {gib:,.0f} GiB, nearly all of it activations. The largest
  training here ({name}) takes {most:,.0f} GiB, {gpus:.0f} GPUs' worth. It takes several workers a trial,
  `batch_norm_chunk`, or `recompute`.
- **Decoding, next.** A ResNet-50 wants {rate:,.0f} images a second on each GPU; at {decode:.1f} ms an image that is
  {busy:.1f} of the {cores} cores beside it. Encoders that train on more than {narrow:,.0f} images a second wait for the
  decoders: ResNet-18 and narrower. Both views are cut from one decoded image.
- **Disks.** The same rate is {rate:,.0f} x 110 kB = 190 MB a second for each GPU; 64 GPUs read 12 GB a second, unless
  the nodes keep the 140 GB in memory.
- **The network, last.** A step of 4096 images on 64 GPUs gathers 4 MB of z, and reduces 94 MB of gradients, in some
  40 ms: 5 GB a second and GPU, which NVLink and InfiniBand have, and Ethernet does not have.
"""

if __name__ == "__main__":
    main()
