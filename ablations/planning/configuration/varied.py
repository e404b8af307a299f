"""The random choices of a trial that follow its seed, as the study's ``vary`` says."""

from collections.abc import Collection

from ablations.study.settings import Layer
from ablations.types.choices import Choice, SeedPath, choices_of, follows_by_itself
from core.config import TrainConfig


def following(config: TrainConfig, written: Layer, vary: Collection[Choice]) -> tuple[SeedPath, ...]:
    """Paths of the seeds that are to be the trial's: those of choices that it makes, unless a setting gives one."""
    return tuple(
        path
        for path, choice in choices_of(config).items()
        if choice in vary and path not in written and not follows_by_itself(config, path)
    )
