"""The trial store: the truth about what was trained, in a folder or in an object store.

``encoders/<pretrain_id>/``  config.json, lease.<number> (who trains it; see ``ablations.turns``), checkpoint.pt while
                            training, encoder.pt when trained, history.json (the epochs that either of the two holds)
``trials/<trial_id>/``       config.json, result.json, arrays.safetensors (what a report draws, of some protocols)

Every file appears whole or not at all.
"""

import itertools
import json
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ablations.folders import each, found
from ablations.trial import Result, Trial, Unit
from core.config import TrainConfig
from core.files import as_local, is_there, look_anew, read_text, whole_file, write_text
from core.history import Epoch
from core.remote import AnyPath, RemotePath

if TYPE_CHECKING:
    from numpy import ndarray


CLASSES = "classes"
"""In the arrays' file, the names of the labels."""

COMPUTED_FOR = "computed_for"
"""Among a result's facts, the study whose run it is of."""

ENCODER = "encoder"
"""In a trial's config.json, the id of its encoder."""


@dataclass(frozen=True)
class StoredTrial:
    """What the store has of a trial, whatever study it is of."""

    id: str
    pretrain_id: str
    config: dict[str, Any]
    """Of its ``TrainConfig``."""
    result: Result | None


class TrialStore:
    """One folder that holds every encoder and every result of any number of studies."""

    def __init__(self, root: AnyPath) -> None:
        self.root = root

    def encoder_path(self, pretrain_id: str) -> AnyPath:
        return self.encoder_folder(pretrain_id) / "encoder.pt"

    def checkpoint_path(self, pretrain_id: str) -> AnyPath:
        return self.encoder_folder(pretrain_id) / "checkpoint.pt"

    def result(self, trial_id: str) -> Result | None:
        """The trial's result, or None where there is none that can be read, its arrays included."""
        values = read_json(self.trial_folder(trial_id) / "result.json")
        try:
            return Result(**values) if values and self._arrays_are_whole(trial_id) else None
        except TypeError:
            return None

    def trial_ids(self) -> list[str]:
        """Of every study, ascending."""
        return sorted(path.parent.name for path in self.root.glob("trials/*/config.json"))

    def stored(self, trial_id: str) -> StoredTrial:
        values = read_json(self.trial_folder(trial_id) / "config.json") or {}
        return StoredTrial(trial_id, values.pop(ENCODER, ""), values, self.result(trial_id))

    def all_stored(self) -> list[StoredTrial]:
        """Of every study, by id."""
        return each(self.root, self.stored, self.trial_ids())

    def unfinished(self) -> list[AnyPath]:
        """Files that a process began, and did not live to put in their place."""
        return [path for path in found(self.root, "*/*/.*") if path.is_file()]

    def results(self, trials: list[Trial]) -> dict[str, Result]:
        """By trial id, of those that have one."""
        ids = [trial.id for trial in trials]
        results = zip(ids, each(self.root, self.result, ids), strict=True)
        return {trial_id: result for trial_id, result in results if result}

    def trained(self, pretrain_ids: Iterable[str]) -> frozenset[str]:
        """Those whose encoders are there."""
        ids = list(pretrain_ids)
        are_there = each(self.root, lambda pretrain_id: self.encoder_path(pretrain_id).exists(), ids)
        return frozenset(itertools.compress(ids, are_there))

    def save_result(self, result: Result) -> None:
        write_json(self.trial_folder(result.trial_id) / "result.json", asdict(result))

    def arrays(self, trial_id: str) -> dict[str, "ndarray"]:
        """The arrays of the trial's scores, by name; none where its protocol leaves none."""
        from safetensors.numpy import load_file  # here, since most commands need no numpy

        path = self._arrays_path(trial_id)
        if not is_there(path):
            return {}
        with as_local(path) as file:
            return load_file(file)

    def classes(self, trial_id: str) -> tuple[str, ...]:
        """The names of the labels in the trial's arrays; none where it left none."""
        from safetensors import safe_open

        path = self._arrays_path(trial_id)
        if not is_there(path):
            return ()
        with as_local(path) as local, safe_open(local, "np") as file:
            return tuple(json.loads((file.metadata() or {}).get(CLASSES, "[]")))

    def save_arrays(self, trial_id: str, arrays: dict[str, "ndarray"], classes: Sequence[str]) -> None:
        """Before the result, which says that they are there."""
        from safetensors.numpy import save

        if arrays:
            with whole_file(self._arrays_path(trial_id)) as file:
                file.write(save(arrays, metadata={CLASSES: json.dumps(list(classes))}))

    def history(self, pretrain_id: str) -> tuple[Epoch, ...]:
        """The epochs that are durable; none where the training has not begun."""
        values = read_json(self.encoder_folder(pretrain_id) / "history.json") or self._history_of_encoder(pretrain_id)
        return tuple(Epoch.from_json(epoch) for epoch in values["epochs"])

    def is_trained(self, pretrain_id: str) -> bool:
        """Whether the history was completed with the encoder."""
        return bool((read_json(self.encoder_folder(pretrain_id) / "history.json") or {}).get("trained"))

    def _history_of_encoder(self, pretrain_id: str) -> dict[str, Any]:
        """Which holds it too, should its own file be damaged."""
        if not self.encoder_path(pretrain_id).exists():
            return {"epochs": []}
        from core.trained.checkpoint import load_checkpoint  # here, since most commands need no torch

        return {"epochs": (load_checkpoint(self.encoder_path(pretrain_id)) or {}).get("history", [])}

    def save_history(self, pretrain_id: str, history: Sequence[Epoch], trained: bool = False) -> None:
        values = {"epochs": [epoch.to_json() for epoch in history], "trained": trained}
        write_json(self.encoder_folder(pretrain_id) / "history.json", values)

    def has_checkpoint(self, pretrain_id: str) -> bool:
        return self.checkpoint_path(pretrain_id).exists()

    def record(self, unit: Unit) -> None:
        """Keep the unit's configurations, before it is run; files that have them already are left alone."""
        encoder = self.encoder_folder(unit.pretrain_id) / "config.json"
        values = {encoder: unit.trials[0].config.pretrain.model_dump(mode="json")}
        for trial in unit.trials:
            values[self.trial_folder(trial.id) / "config.json"] = _trial_values(unit.pretrain_id, trial.config)
        for path, wanted in values.items():
            if read_json(path) != wanted:
                write_json(path, wanted)

    def check_seen(self, unit: Unit) -> None:
        """Raises ``FileNotFoundError`` where the unit was not recorded: the folder is not the driver's."""
        if not is_there(self.encoder_folder(unit.pretrain_id) / "config.json"):
            raise FileNotFoundError(
                f"{platform.node()} does not see {self.root}; the storage must be at the same path on every node"
            )

    def ended(self, unit: Unit) -> list[Result]:
        """The results of the unit's trials that stand, failures among them unless they are to be tried again."""
        found = self.results(list(unit.trials)).values()
        return [result for result in found if result.stands(unit.judged) and result not in unit.retried]

    def _arrays_are_whole(self, trial_id: str) -> bool:
        """Those that there are. An object is whole, and to look for it in vain with every result takes time."""
        path = self._arrays_path(trial_id)
        if isinstance(path, RemotePath) or not path.exists():
            return True
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np"):
                return True
        except SafetensorError:
            return False

    def _arrays_path(self, trial_id: str) -> AnyPath:
        return self.trial_folder(trial_id) / "arrays.safetensors"

    def encoder_folder(self, pretrain_id: str) -> AnyPath:
        return self.root / "encoders" / pretrain_id

    def trial_folder(self, trial_id: str) -> AnyPath:
        return self.root / "trials" / trial_id


def read_json(path: AnyPath) -> dict[str, Any] | None:
    """None where there is no such file, or none that can be read."""
    look_anew(path)
    try:
        values = json.loads(read_text(path))
    except (FileNotFoundError, ValueError):
        return None
    return values if isinstance(values, dict) else None


def write_trial_config(folder: AnyPath, pretrain_id: str, config: TrainConfig) -> None:
    write_json(folder / "config.json", _trial_values(pretrain_id, config))


def _trial_values(pretrain_id: str, config: TrainConfig) -> dict[str, Any]:
    """With the id of its encoder."""
    return {ENCODER: pretrain_id, **config.model_dump(mode="json")}


def write_json(path: AnyPath, values: dict[str, Any]) -> None:
    """As all files of the store are written."""
    write_text(path, json.dumps(values, indent=1, sort_keys=True))
