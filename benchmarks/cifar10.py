"""A whole training on CIFAR-10, scored, in one process.

python benchmarks/cifar10.py --data-dir data --name cifar10 --epochs 100
python benchmarks/cifar10.py --changes '{"optimizer": {"kind": "sgd", "learning_rate": 0.06}}'
"""

import argparse
import json
import time
from pathlib import Path

from core import Frozen, PretrainConfig, evaluate, load_data, pretrain
from core.history import Epoch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", type=Path, default=Path("data"))
    parser.add_argument("--name", default="cifar10")
    parser.add_argument("--encoder", default="resnet18")
    parser.add_argument("--epochs", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=512)
    parser.add_argument("--changes", type=json.loads, default={}, help="of the configuration, as JSON")
    arguments = parser.parse_args()
    config = PretrainConfig.model_validate(
        {
            "data": {"name": arguments.name, "image_size": 32},
            "augment": {"strength": 0.5, "blur": False},
            "encoder": {"name": arguments.encoder},
            "loss": {"temperature": 0.5},
            "optimizer": {"kind": "lars", "learning_rate": 1.0, "weight_decay": 1e-4},
            "epochs": arguments.epochs,
            "batch_size": arguments.batch_size,
        }
        | arguments.changes
    )
    data = load_data(config.data, arguments.data_dir)
    started = time.perf_counter()
    pretrained = pretrain(config, data, on_epoch=tell)
    print(f"trained in {time.perf_counter() - started:.0f} s")
    print(evaluate(Frozen(), pretrained, data).metrics)


def tell(epoch: Epoch) -> None:
    print(f"epoch {epoch.epoch}: loss {epoch.loss:.3f}, {2 * epoch.images_per_second:,.0f} views/s", flush=True)


if __name__ == "__main__":
    main()
