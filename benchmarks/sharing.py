"""Several trials on one GPU: views a second of all of them together, by the share of it that each asks for.

    python benchmarks/sharing.py --data-dir data --name cifar10 --shares 1 0.5 0.25 0.125

Each row is a study of its own, run over Ray as `ablate run` does, from the first training's start to the last one's
end: what a slot does between two trainings counts, which is the evaluation (an epoch of a linear classifier), the store
and the next trial's start. Whether NVIDIA's MPS is on is the caller's.
"""

import argparse
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import torch

from ablations.api import load_study, run_study
from ablations.plan import make_plan
from ablations.store import TrialStore
from core import DataConfig, load_data
from core.hardware import hardware_name, pick_device
from core.pretraining.history import Epoch

STUDY = """\
name: sharing
base:
  data: {{name: {name}, image_size: 32}}
  encoder.name: {encoder}
  augment: {{strength: 0.5, blur: false}}
  schedule.warmup_epochs: 1
  epochs: {epochs}
  evaluate: {{protocol: linear_sgd, epochs: 1}}
grid: {{batch_size: [{batch_size}]}}
seeds: {trials}
resources: {{cpu: 1, gpu: {share}}}
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=lambda path: Path(path).resolve(), default=Path("data").resolve())
    parser.add_argument("--name", default="cifar10")
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=6)
    parser.add_argument("--trials", type=int, default=8)
    parser.add_argument("--shares", type=float, nargs="+", default=[1, 0.5, 0.25, 0.125])
    options = parser.parse_args()
    print(f"{hardware_name(pick_device())}, torch {torch.__version__}: {options.encoder}, batch {options.batch_size}")
    print("| a trial's share | views/s of all | of one | s in all |\n| ---: | ---: | ---: | ---: |")
    images = len(load_data(DataConfig(name=options.name, image_size=32), options.data_dir).train)
    views = 2 * (images - images % options.batch_size) * options.epochs
    for share in options.shares:
        print(measure(share, views, options), flush=True)


def measure(share: float, views: int, options: argparse.Namespace) -> str:
    """One row, of trainings of so many views."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        file, storage = Path(folder, "sharing.yaml"), Path(folder, "runs")
        file.write_text(STUDY.format(share=share, **vars(options)))
        study = load_study(file, "quick")
        outcome = run_study(study, storage=storage, data_dir=options.data_dir)
        assert not outcome.failed
        store = TrialStore(storage)
        ids = {trial.pretrain_id for trial in make_plan(study, store, options.data_dir).trials}
        trainings = [store.history(pretrain_id) for pretrain_id in ids]
    begun, ended = min(map(begin, trainings)), max(training[-1].time for training in trainings)
    alone = [views / (training[-1].time - begin(training)) for training in trainings]
    each = sum(alone) / len(alone)
    return f"| {share:g} | {len(trainings) * views / (ended - begun):,.0f} | {each:,.0f} | {ended - begun:.0f} |"


def begin(training: Sequence[Epoch]) -> float:
    """In seconds since 1970: an epoch before the first one's end, as the second took."""
    return training[0].time - (training[1].time - training[0].time)


if __name__ == "__main__":
    main()
