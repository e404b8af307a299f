"""Trials as they were before the shipped studies and scales took the settings of the code behind the paper's results.

Their results stay in the storage under their own ids. A plan says where there are some, and how to ask for them.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from ablations.planning.configuration.cells import cells_of
from ablations.study.checks.setting_paths import EVALUATE
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Layer
from ablations.types.trial import Result, Trial
from core.config import TrainConfig
from core.config.base import whole
from core.config.policies import SimclrAugment


@dataclass(frozen=True)
class Cell:
    """The study that a configuration is in, and the settings of the configuration's own cell."""

    scaled: ScaledStudy
    layer: Layer


@dataclass(frozen=True)
class SettingChange:
    """A setting whose value in the shipped studies or scales is another one than it was."""

    path: str
    """Dotted path, as a study file has it."""
    before: Any
    why: str
    """Reason of the change: half a sentence."""
    scale: str | None = None
    """Scale whose setting changed; it counts where neither the study nor the cell sets it. None: the value changed
    wherever it is not the one before."""
    not_in: Collection[str] = ()
    """Names of studies whose own value it was before."""
    in_file: bool = False
    """Whether the former value is asked for in a copy of the scale's file, since some cells have a value of their own,
    which ``--set`` would replace."""

    @property
    def told(self) -> str:
        """Sentence on the change, without its end."""
        return f"{self.path} was {_text(self.before)}, and {self.why}"

    @property
    def option(self) -> str:
        """Option of the command line, or line of the scale's file, that asks for the former value."""
        value = _text(self.before)
        return f"{self.path}: {value}" if self.in_file else f"--set {self.path}={value}"

    def undo(self, config: TrainConfig, cell: Cell) -> TrainConfig | None:
        """The configuration with the former value; None if it has no such setting or the setting did not change."""
        if self._value(config) in (None, self.before) or not self._is_of_scale(cell):
            return None
        values = whole(config)
        *groups, name = self._names
        inner = values
        for group in groups:
            inner = inner[group]
        inner[name] = self.before
        return TrainConfig.model_validate(values)

    @property
    def _names(self) -> list[str]:
        names = self.path.split(".")
        return names if names[0] == EVALUATE else ["pretrain", *names]

    def _value(self, config: TrainConfig) -> Any:
        value: Any = config
        for name in self._names:
            value = getattr(value, name, None)
        return value

    def _is_of_scale(self, cell: Cell) -> bool:
        if self.scale is None:
            return True
        path, scaled = tuple(self.path.split(".")), cell.scaled
        if scaled.scale != self.scale or scaled.study.name in self.not_in or path in cell.layer:
            return False
        setting = scaled.settings.get(path)
        return setting is not None and setting.source is scaled.scale_source


@dataclass(frozen=True)
class SupervisedPolicy:
    """The augmentation of supervised models in some studies: it was that of the study's other cells."""

    studies: ClassVar = frozenset({"depth_width", "overview", "v2_models"})
    told: ClassVar = (
        "supervised models had the augmentation of the other cells, and the paper's numbers for them are equal to "
        "those of crop and flip"
    )
    option: ClassVar = "a copy of the file without 'augment' in its points Supervised"

    def undo(self, config: TrainConfig, cell: Cell) -> TrainConfig | None:
        """The configuration with SimCLR's policy, as the study and its scale set it; None if that did not change."""
        scaled = cell.scaled
        is_supervised = config.pretrain.loss.kind == "cross_entropy" and config.pretrain.augment.policy == "custom"
        if scaled.study.name not in self.studies or not is_supervised:
            return None
        inside = {path[1]: setting.value for path, setting in scaled.settings.items() if path[0] == "augment"}
        known = {name: value for name, value in inside.items() if name in SimclrAugment.model_fields}
        augment = SimclrAugment.model_validate(known)
        return config.model_copy(update={"pretrain": config.pretrain.model_copy(update={"augment": augment})})


Change = SettingChange | SupervisedPolicy

_WHOLE = "at the scale imagenet crops are cut from whole images, and test images are cropped, as in the paper"
_JITTER = "the paper's results are of the released code's colour jitter"
_MEASURED = "the scale is the setting that was measured to show known effects best (benchmarks/README.md)"
LATEST: tuple[Change, ...] = (
    SettingChange("optimizer.learning_rate", 1.0, _MEASURED, scale="quick", in_file=True),
    SettingChange("data.subset", 4000, _MEASURED, scale="laptop", in_file=True),
    SettingChange("encoder.stem", "auto", _MEASURED, scale="laptop", in_file=True),
    SettingChange("optimizer.learning_rate", 1.5, _MEASURED, scale="laptop", in_file=True),
    SettingChange("epochs", 10, _MEASURED, scale="laptop", in_file=True),
)
"""Changes since the version before this one."""
CHANGES: tuple[Change, ...] = (
    SupervisedPolicy(),  # first: the policy that it brings back has settings that changed too
    SettingChange("augment.color_form", "torchvision", _JITTER),
    SettingChange("evaluate.color_form", "torchvision", _JITTER),
    SettingChange(
        "augment.blur",
        True,
        "the scale cifar10 has no blur, as in appendix B.9",
        scale="cifar10",
        not_in=("cifar10_batch_epochs", "cifar10_temperature"),
    ),
    SettingChange("encoder.initialisation", "fan_out", "the scale imagenet has the released code's initialisation"),
    SettingChange("data.shape", "square", _WHOLE),
    SettingChange("evaluate.test_crop", 1.0, _WHOLE),
    *LATEST,
)
VERSIONS = (LATEST, CHANGES)
"""Changes since each former version, the latest first."""


@dataclass(frozen=True)
class Former:
    """A trial as it was, and the changes since then."""

    trial: Trial
    changes: tuple[Change, ...]


def former_trials(
    scaled: ScaledStudy, trials: Sequence[Trial], results: Mapping[str, Result], changes: Sequence[Change] = CHANGES
) -> dict[str, Former]:
    """The trials without a result, as they were before the changes, by the id that each has today.

    Left out is one that the study itself still has, in another cell, and one that another trial with fewer changes
    was.
    """
    layers = {cell.key: cell.layer for cell in cells_of(scaled)}
    former = {trial.id: _before(trial, Cell(scaled, layers[trial.cell]), changes) for trial in trials}
    taken = {trial.id for trial in trials}
    kept: dict[str, Former] = {}
    for key, one in sorted(former.items(), key=lambda pair: len(pair[1].changes)):
        if one.trial.id not in taken:
            kept[key] = one
            taken.add(one.trial.id)
    return {key: kept[key] for key in former if key in kept and key not in results}


def how_to_ask(changes: Sequence[Change]) -> str:
    """The options and edits by which a user has the study with all its former settings."""
    settings = [change for change in changes if isinstance(change, SettingChange)]
    ways = [change.option for change in changes if not isinstance(change, SettingChange)]
    if inside := [change for change in settings if change.in_file]:
        lines = ", ".join(change.option for change in inside)
        ways.append(f"a copy of scales/{inside[0].scale}.yaml with {lines} beside a copy of the study")
    return ", with ".join(filter(None, [*ways, " ".join(one.option for one in settings if not one.in_file)]))


def _before(trial: Trial, cell: Cell, changes: Sequence[Change]) -> Former:
    config, made = trial.config, []
    for change in changes:
        if (undone := change.undo(config, cell)) is not None:
            config = undone
            made.append(change)
    return Former(replace(trial, config=config), tuple(made))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
