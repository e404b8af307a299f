"""Trials as they were before the shipped studies and scales took the settings of the code behind the paper's results.

Their results stay in the storage under their own ids. A plan says where there are some, and how to ask for them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ablations.study.checks.setting_paths import EVALUATE
from ablations.types.trial import Result, Trial
from core.config import TrainConfig
from core.config.base import whole


@dataclass(frozen=True)
class Change:
    """A setting whose value in the shipped studies or scales is another one than it was."""

    path: str
    """Dotted path, as a study file has it."""
    before: Any
    why: str
    """Reason of the change: half a sentence."""

    def value(self, config: TrainConfig) -> Any:
        """The setting's value; None in a configuration that has no such field."""
        value: Any = config if self._names[0] == EVALUATE else config.pretrain
        for name in self._names:
            value = getattr(value, name, None)
        return value

    def undone(self, values: dict[str, Any]) -> None:
        """Set the plain values of a configuration back."""
        inner = values if self._names[0] == EVALUATE else values["pretrain"]
        for name in self._names[:-1]:
            inner = inner[name]
        inner[self._names[-1]] = self.before

    @property
    def _names(self) -> list[str]:
        return self.path.split(".")


_WHOLE = "at the scale imagenet crops are cut from whole images, and test images are cropped, as in the paper"
_JITTER = "the paper's results are of the released code's colour jitter"
CHANGES = (
    Change("augment.color_form", "torchvision", _JITTER),
    Change("evaluate.color_form", "torchvision", _JITTER),
    Change("encoder.initialisation", "fan_out", "the scale imagenet has the released code's initialisation"),
    Change("data.shape", "square", _WHOLE),
    Change("evaluate.test_crop", 1.0, _WHOLE),
)


def changes_of(trial: Trial) -> list[Change]:
    """The changes that the trial is after: those of the settings that it has."""
    return [change for change in CHANGES if change.value(trial.config) not in (None, change.before)]


def former_trials(trials: Sequence[Trial], results: Mapping[str, Result]) -> dict[str, Trial]:
    """The trials without a result, as they were before the changes, by the id that each has today. Left out is one that
    the study itself still has, in another cell."""
    today = {trial.id for trial in trials}
    left = [trial for trial in trials if trial.id not in results]
    former = {trial.id: _before(trial, changes) for trial in left if (changes := changes_of(trial))}
    return {key: trial for key, trial in former.items() if trial.id not in today}


def _before(trial: Trial, changes: Sequence[Change]) -> Trial:
    values = whole(trial.config)
    for change in changes:
        change.undone(values)
    return replace(trial, config=TrainConfig.model_validate(values))
