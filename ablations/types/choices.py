"""The random choices of a trial that may follow its seed, as initialisation, order and augmentation always do."""

from collections.abc import Iterable
from typing import Any, Literal, get_args

from core.config import Config, TrainConfig
from core.config.data import is_all

Choice = Literal["subset", "holdout", "labels"]
"""A random choice of training images: those that are kept, those that are held out to choose a hyper-parameter of an
evaluation, and those that have a label in a fine-tuning."""

CHOICES: tuple[Choice, ...] = get_args(Choice)

SeedPath = tuple[str, ...]
"""Path of a setting that is the seed of a choice, as a study file has it."""


def choices_of(config: TrainConfig) -> dict[SeedPath, Choice]:
    """The choices that the trial makes at random, by the settings that are their seeds."""
    found: dict[SeedPath, Choice] = {}
    evaluate = config.evaluate
    for path, data in ((("data",), config.pretrain.data), (("evaluate", "data"), evaluate.data)):
        if data and data.is_drawn:
            found[*path, "subset_seed"] = "subset"
    if evaluate.holds_out:
        found["evaluate", "holdout_seed"] = "holdout"
    if hasattr(evaluate, "labels_seed") and not is_all(getattr(evaluate, "labels", 1.0)):
        found["evaluate", "labels_seed"] = "labels"
    return found


def follows_by_itself(config: TrainConfig, path: SeedPath) -> bool:
    """Whether the choice has no seed of its own and takes that of the training."""
    value: Any = config
    for name in _inside(path):
        value = getattr(value, name)
    return value is None


def with_seeds(config: TrainConfig, seed: int, paths: Iterable[SeedPath]) -> TrainConfig:
    """The configuration with the seed at each of the paths."""
    for path in paths:
        config = with_value(config, path, seed)
    return config


def with_value(config: TrainConfig, path: SeedPath, value: Any) -> TrainConfig:
    """The configuration with another value at a path of a study file. The value is not validated."""
    changed = _replaced(config, _inside(path), value)
    assert isinstance(changed, TrainConfig)
    return changed


def without_seeds(config: TrainConfig) -> TrainConfig:
    """The configuration with 0 for all its seeds: the same for trials that differ in nothing else."""
    own = [path for path in choices_of(config) if not follows_by_itself(config, path)]
    return with_seeds(config, 0, [("seed",), *own])


def _inside(path: SeedPath) -> SeedPath:
    """The path in a ``TrainConfig``."""
    return path if path[0] == "evaluate" else ("pretrain", *path)


def _replaced(config: Config, path: SeedPath, value: Any) -> Config:
    name, *rest = path
    inner = _replaced(getattr(config, name), tuple(rest), value) if rest else value
    return config.model_copy(update={name: inner})
