"""Ray Tune by itself: as many trials that sleep as long, with what it took as ``measured.json``."""

import argparse
import json
import os
import time
from pathlib import Path
from typing import Any

import ray
from ray import tune

SECONDS = 0.05


def sleep(config: dict[str, Any]) -> None:
    time.sleep(SECONDS)
    tune.report({"score": 40.0})


def sleep_with_torch(config: dict[str, Any]) -> None:
    import torch  # noqa: F401

    sleep(config)


class Watch(tune.Callback):
    """Times of the first trial's start and the last one's end."""

    first = last = 0.0

    def on_trial_start(self, *arguments: Any, **named: Any) -> None:
        self.first = self.first or time.time()

    def on_trial_complete(self, *arguments: Any, **named: Any) -> None:
        self.last = time.time()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--trials", type=int, required=True)
    parser.add_argument("--torch", action="store_true")
    parser.add_argument("--reuse", action="store_true")
    options = parser.parse_args()
    ray.init(address="local", include_dashboard=False, object_store_memory=100 * 2**20)
    watch = Watch()
    tuner = tune.Tuner(
        sleep_with_torch if options.torch else sleep,
        param_space={"number": tune.grid_search(list(range(options.trials)))},
        tune_config=tune.TuneConfig(reuse_actors=options.reuse),
        run_config=tune.RunConfig(storage_path=str(Path("results").resolve()), callbacks=[watch]),
    )
    assert tuner.fit().num_errors == 0
    measured = {
        "steady": watch.last - watch.first,
        "started": watch.first - float(os.environ["BENCHMARK_BEGUN"]),
        "cpu": time.process_time(),
    }
    Path("measured.json").write_text(json.dumps(measured), encoding="utf-8")


if __name__ == "__main__":
    main()
