"""The trial store: the truth about what was trained, in a folder or in an object store.

``encoders/<pretrain_id>/``  config.json, lease.<n> (who trains it; see ``store.leases``), checkpoint.pt while
                            training, encoder.pt once trained, history.json (the epochs that either of the two holds)
``trials/<trial_id>/``       config.json, result.json, arrays.safetensors (what a report draws, and which test
                            images are right; see ``store.right_images``)
``code/<hash>.json``         the user's own code that trials need; see ``store.kept_code``

Every file appears whole or not at all. A file that was damaged or edited later costs itself alone, and is named.
"""

import itertools
import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ablations.store.arrays_file import check_readable, hash_of, load_arrays, load_classes, write_arrays
from ablations.store.folders import each, found, ids_in
from ablations.store.history import epochs, history_in_encoder
from ablations.store.json_files import damage, load_json, read_json, sealed, unsealed, write_json
from ablations.store.kept_code import keep_code
from ablations.types.identity import is_id
from ablations.types.trial import Result, Trial, Unit
from core.config import TrainConfig
from core.config.base import own_codes
from core.config.own_code import OwnCode
from core.files import DAMAGED, is_there, is_unfinished
from core.history import Epoch
from core.remote import AnyPath

if TYPE_CHECKING:
    from numpy import ndarray


COMPUTED_FOR = "computed_for"
"""Fact of a result: name of the study whose run computed it."""
ARRAYS = "arrays_hash"
"""Key of the hash of the arrays' file in a result.json."""
ENCODER = "encoder"
"""Key of the encoder's id in a trial's config.json."""


@dataclass(frozen=True)
class StoredTrial:
    """A trial in the store, whichever study it belongs to."""

    id: str
    pretrain_id: str | None
    """The id of its encoder; None if its config.json has no valid one."""
    config: dict[str, Any]
    """The trial's ``TrainConfig`` as plain values; empty if it cannot be read."""
    result: Result | None


class TrialStore:
    """The encoders and results of any number of studies, in one folder."""

    def __init__(self, root: AnyPath, tell: Callable[[str], None] = lambda text: None) -> None:
        """``root`` is the storage; ``tell`` is given a sentence on each damaged file, once."""
        self.root = root
        self._tell = tell
        self._told: set[AnyPath] = set()

    def encoder_path(self, pretrain_id: str) -> AnyPath:
        return self.encoder_folder(pretrain_id) / "encoder.pt"

    def checkpoint_path(self, pretrain_id: str) -> AnyPath:
        return self.encoder_folder(pretrain_id) / "checkpoint.pt"

    def result_path(self, trial_id: str) -> AnyPath:
        return self.trial_folder(trial_id) / "result.json"

    def history_path(self, pretrain_id: str) -> AnyPath:
        return self.encoder_folder(pretrain_id) / "history.json"

    def result(self, trial_id: str) -> Result | None:
        """The trial's result; None if it has none, or one that is damaged or was edited."""
        try:
            return self.whole_result(trial_id)
        except ValueError as error:
            self._name(self.result_path(trial_id), error, "the trial counts as not run; running its study evaluates it")
            return None

    def whole_result(self, trial_id: str) -> Result | None:
        """The trial's result; None if it has none. Raises ``ValueError`` if it or its arrays are not as written."""
        values = load_json(self.result_path(trial_id))
        if values is None:
            return None
        values = unsealed(values)
        values.pop(ARRAYS, None)
        result = Result.from_json(values)
        if result.trial_id != trial_id:
            raise ValueError(f"is the result of trial {result.trial_id}")
        check_readable(self.arrays_path(trial_id))
        return result

    def trial_ids(self) -> list[str]:
        """Ids of the trials of all studies, ascending, whether their files can be read or not."""
        return ids_in(self.root / "trials")

    def encoder_ids(self) -> list[str]:
        """Ids of the encoders of all trials, and of removed trials, ascending."""
        return ids_in(self.root / "encoders")

    def stored(self, trial_id: str) -> StoredTrial:
        """The trial's configuration and result."""
        return replace(self.recorded(trial_id), result=self.result(trial_id))

    def recorded(self, trial_id: str) -> StoredTrial:
        """The trial's configuration, without reading its result."""
        values = read_json(self.trial_folder(trial_id) / "config.json") or {}
        encoder = values.pop(ENCODER, None)
        return StoredTrial(trial_id, encoder if is_id(encoder) else None, values, None)

    def all_stored(self) -> list[StoredTrial]:
        """The trials of all studies, by id."""
        return each(self.root, self.stored, self.trial_ids())

    def unfinished(self) -> list[AnyPath]:
        """Temporary files of processes that were killed while they wrote."""
        return [path for path in found(self.root, "*/*/.*") if is_unfinished(path.name) and path.is_file()]

    def damaged(self) -> list[AnyPath]:
        """Files of encoders that could not be read, and were kept aside when they were trained again."""
        return [path for path in found(self.root, f"encoders/*/*{DAMAGED}") if path.is_file()]

    def results(self, trials: list[Trial]) -> dict[str, Result]:
        """Results by trial id, of those trials that have one."""
        return self.results_of([trial.id for trial in trials])

    def results_of(self, ids: list[str]) -> dict[str, Result]:
        """Results by trial id, of those ids that have one."""
        results = zip(ids, each(self.root, self.result, ids), strict=True)
        return {trial_id: result for trial_id, result in results if result}

    def trained(self, pretrain_ids: Iterable[str]) -> frozenset[str]:
        """The ids whose encoders are in the store."""
        ids = list(pretrain_ids)
        are_there = each(self.root, lambda pretrain_id: self.encoder_path(pretrain_id).exists(), ids)
        return frozenset(itertools.compress(ids, are_there))

    def save_ended(self, result: Result) -> None:
        """Write how an attempt at a trial ended. The failure of a trial that is done, and is scored again for a score
        that one study needs, is not written: other studies go on using its result."""
        known = self.result(result.trial_id) if result.state == "failed" else None
        if known is None or known.state != "done":
            self.save_result(result)

    def save_result(self, result: Result) -> None:
        """Write a result in the place of the one that is there."""
        arrays = self.arrays_hash(result.trial_id)
        values = result.to_json() | ({ARRAYS: arrays} if arrays else {})
        write_json(self.result_path(result.trial_id), sealed(values))

    def arrays_hash(self, trial_id: str) -> str:
        """16 hex digits over the trial's arrays; empty if it has none."""
        return hash_of(self.arrays_path(trial_id))

    def check_arrays_hash(self, trial_id: str) -> None:
        """Raises ``ValueError`` if the arrays are not those that the trial's result was written with."""
        known = (read_json(self.result_path(trial_id)) or {}).get(ARRAYS)
        if known and known != (found := self.arrays_hash(trial_id)):
            raise ValueError(f"is not what was written (its hash is {found or 'none'}, and was {known})")

    def arrays(self, trial_id: str) -> dict[str, "ndarray"]:
        """Arrays of the trial's scores, by name; empty if its protocol leaves none, or if they are not as written."""
        path = self.arrays_path(trial_id)
        try:
            self.check_arrays_hash(trial_id)
        except ValueError as error:
            self._name(path, error, "nothing is drawn from it")
            return {}
        return load_arrays(path)

    def classes(self, trial_id: str) -> tuple[str, ...]:
        """Names of the labels in the trial's arrays; empty if it left none."""
        return load_classes(self.arrays_path(trial_id))

    def save_arrays(self, trial_id: str, arrays: dict[str, "ndarray"], classes: Sequence[str]) -> None:
        """Write the arrays of a trial. To be called before ``save_result``, which keeps their hash."""
        if arrays:
            write_arrays(self.arrays_path(trial_id), arrays, classes)

    def history(self, pretrain_id: str) -> tuple[Epoch, ...]:
        """The epochs up to the last checkpoint, or all of them once trained; empty if the training has not begun."""
        path = self.history_path(pretrain_id)
        try:
            if values := load_json(path):
                return epochs(values.get("epochs"))
        except ValueError as error:
            self._name(path, error, "the copy in its encoder is used")
        return history_in_encoder(self.encoder_path(pretrain_id))

    def is_trained(self, pretrain_id: str) -> bool:
        """Whether the history was completed with the encoder."""
        return bool((read_json(self.history_path(pretrain_id)) or {}).get("trained"))

    def encoder_hash(self, pretrain_id: str) -> str:
        """Hash of the encoder as it was trained, see ``core.encoder_hash``; empty if none was kept."""
        return str((read_json(self.history_path(pretrain_id)) or {}).get("encoder_hash", ""))

    def save_history(
        self, pretrain_id: str, history: Sequence[Epoch], trained: bool = False, encoder_hash: str = ""
    ) -> None:
        """Write the epochs so far; once ``trained``, with the hash of the encoder that they led to."""
        values = {"epochs": [epoch.to_json() for epoch in history], "trained": trained}
        write_json(self.history_path(pretrain_id), values | ({"encoder_hash": encoder_hash} if encoder_hash else {}))

    def has_checkpoint(self, pretrain_id: str) -> bool:
        return self.checkpoint_path(pretrain_id).exists()

    def record(self, unit: Unit) -> None:
        """Write the configurations of the unit's encoder and trials before it is run, and the user's own code.

        A file that has the same content already is not written.
        """
        encoder = self.encoder_folder(unit.pretrain_id) / "config.json"
        values = {encoder: unit.trials[0].config.pretrain.model_dump(mode="json")}
        for trial in unit.trials:
            values[self.trial_folder(trial.id) / "config.json"] = trial_values(unit.pretrain_id, trial.config)
        for path, wanted in values.items():
            if read_json(path) != wanted:
                write_json(path, wanted)
        for code in frozenset[OwnCode]().union(*(own_codes(trial.config) for trial in unit.trials)):
            keep_code(self.root, code)

    def check_seen(self, unit: Unit) -> None:
        """Raises ``FileNotFoundError`` if the unit was not recorded: this folder is not the driver's."""
        if not is_there(self.encoder_folder(unit.pretrain_id) / "config.json"):
            raise FileNotFoundError(
                f"{platform.node()} does not see {self.root}; the storage must be at the same path on every node"
            )

    def ended(self, unit: Unit) -> list[Result]:
        """The results of the unit's trials that count, failures included, without those that are to be tried again."""
        found = self.results(list(unit.trials)).values()
        return [result for result in found if result.counts_for(unit.judged) and result not in unit.retried]

    def _name(self, path: AnyPath, error: ValueError, consequence: str) -> None:
        """Tell of a damaged file, once."""
        if path not in self._told:
            self._told.add(path)
            self._tell(f"{path}: {damage(error)}; {consequence}")

    def arrays_path(self, trial_id: str) -> AnyPath:
        return self.trial_folder(trial_id) / "arrays.safetensors"

    def encoder_folder(self, pretrain_id: str) -> AnyPath:
        """Raises ``ValueError`` for what is no id, such as a path."""
        return self.root / "encoders" / _checked(pretrain_id)

    def trial_folder(self, trial_id: str) -> AnyPath:
        """Raises ``ValueError`` for what is no id, such as a path."""
        return self.root / "trials" / _checked(trial_id)


def _checked(value: str) -> str:
    if not is_id(value):
        raise ValueError(f"{value!r} is no id, which has 16 hex digits")
    return value


def trial_values(pretrain_id: str, config: TrainConfig) -> dict[str, Any]:
    """The content of a trial's config.json."""
    return {ENCODER: pretrain_id, **config.model_dump(mode="json")}
