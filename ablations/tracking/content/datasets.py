"""The data sets that a trial or a study uses, as MLflow shows them beside its run."""

import hashlib
import json
from collections.abc import Iterable, Mapping

from mlflow.entities import Dataset, DatasetInput, InputTag

from ablations.types.identity import canonical
from core.config import DataConfig, TrainConfig
from core.data.catalog import DataSize

CONTEXT = "mlflow.data.context"
DIGEST = 16


def dataset_inputs(config: TrainConfig, sizes: Mapping[DataConfig, DataSize]) -> list[DatasetInput]:
    """The data set that the encoder is trained on, and the one that it is scored on if that is another."""
    pretrain, scored = config.all_data
    used = {"training": pretrain, "evaluation": scored}
    return [
        DatasetInput(_dataset(data, sizes.get(data)), [InputTag(CONTEXT, context)])
        for context, data in used.items()
        if context == "training" or data != pretrain
    ]


def study_inputs(configs: Iterable[TrainConfig], sizes: Mapping[DataConfig, DataSize]) -> list[DatasetInput]:
    """The data sets of all trials, each once for every use."""
    distinct = {config.all_data: config for config in configs}
    return [one for config in distinct.values() for one in dataset_inputs(config, sizes)]


def _dataset(config: DataConfig, size: DataSize | None) -> Dataset:
    """The images that a configuration means; data that changed under its name has another digest."""
    text = f"{canonical(config)}/{size}"
    profile = config.model_dump(mode="json", exclude_none=True)
    if size:
        profile |= {"training_images": size.train, "test_images": size.test, "classes": size.classes}
    return Dataset(
        name=config.name,
        digest=hashlib.sha256(text.encode()).hexdigest()[:DIGEST],
        source_type="local",
        source=json.dumps({"uri": config.name}),
        profile=json.dumps(profile),
    )
