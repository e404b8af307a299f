"""The trial store: the truth about what was trained, in a folder or in an object store.

``encoders/<pretrain_id>/``  config.json, lease.<n> (who trains it; see ``store.leases``), checkpoint.pt while
                            training, encoder.pt once trained, history.json (the epochs that either of the two holds)
``trials/<trial_id>/``       config.json, result.json, arrays.safetensors (what a report draws, and which test
                            images are right; see ``store.right_images``)
``code/<hash>.json``         the user's own code that trials need; see ``store.kept_code``

Every file appears whole or not at all. A file that was damaged or edited later costs itself alone, and is named.
"""

import hashlib
import itertools
import json
import platform
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from ablations.store.folders import each, found
from ablations.store.json_files import load_json, read_json, sealed, unsealed, write_json
from ablations.store.kept_code import keep_code
from ablations.types.errors import StudyError
from ablations.types.identity import is_id
from ablations.types.trial import Result, Trial, Unit
from core.config import TrainConfig
from core.config.base import own_codes
from core.config.own_code import OwnCode
from core.files import as_local, is_there, is_unfinished, whole_file
from core.history import Epoch
from core.remote import AnyPath, RemotePath

if TYPE_CHECKING:
    import torch
    from numpy import ndarray

    from core import Pretrained


CLASSES = "classes"
"""Key of the labels' names in the arrays' file."""
COMPUTED_FOR = "computed_for"
"""Fact of a result: name of the study whose run computed it."""
ARRAYS = "arrays_hash"
"""Key of the hash of the arrays' file in a result.json."""
FEW_IDS = 5
"""Ids that a message lists."""
ENCODER = "encoder"
"""Key of the encoder's id in a trial's config.json."""

_EPOCHS = TypeAdapter(tuple[Epoch, ...])


@dataclass(frozen=True)
class StoredTrial:
    """What the store has of a trial, whichever study it belongs to."""

    id: str
    pretrain_id: str | None
    """The id of its encoder; None where its config.json names none that is one."""
    config: dict[str, Any]
    """The trial's ``TrainConfig`` as plain values; empty if it cannot be read."""
    result: Result | None


class TrialStore:
    """One folder that holds every encoder and every result of any number of studies."""

    def __init__(self, root: AnyPath, tell: Callable[[str], None] = lambda text: None) -> None:
        """``tell`` is told of each damaged file once, in a sentence."""
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
        self._check_arrays(trial_id)
        return result

    def trial_ids(self) -> list[str]:
        """Ids of the trials of all studies, ascending; those without a readable config.json too."""
        return ids_in(self.root / "trials")

    def encoder_ids(self) -> list[str]:
        """Ids of the encoders of all trials, and of removed trials, ascending."""
        return ids_in(self.root / "encoders")

    def stored(self, trial_id: str) -> StoredTrial:
        return replace(self.recorded(trial_id), result=self.result(trial_id))

    def recorded(self, trial_id: str) -> StoredTrial:
        """The trial without its result."""
        values = read_json(self.trial_folder(trial_id) / "config.json") or {}
        encoder = values.pop(ENCODER, None)
        return StoredTrial(trial_id, encoder if is_id(encoder) else None, values, None)

    def all_stored(self) -> list[StoredTrial]:
        """The trials of all studies, by id."""
        return each(self.root, self.stored, self.trial_ids())

    def unfinished(self) -> list[AnyPath]:
        """Files that a process began, and did not live to put in their place."""
        return [path for path in found(self.root, "*/*/.*") if is_unfinished(path.name) and path.is_file()]

    def results(self, trials: list[Trial]) -> dict[str, Result]:
        """Results by trial id, of those trials that have one."""
        return self.results_of([trial.id for trial in trials])

    def results_of(self, ids: list[str]) -> dict[str, Result]:
        """Results by trial id, of those ids that have one."""
        results = zip(ids, each(self.root, self.result, ids), strict=True)
        return {trial_id: result for trial_id, result in results if result}

    def trained(self, pretrain_ids: Iterable[str]) -> frozenset[str]:
        """Those of the ids whose encoders exist."""
        ids = list(pretrain_ids)
        are_there = each(self.root, lambda pretrain_id: self.encoder_path(pretrain_id).exists(), ids)
        return frozenset(itertools.compress(ids, are_there))

    def save_result(self, result: Result) -> None:
        arrays = self.arrays_hash(result.trial_id)
        values = result.to_json() | ({ARRAYS: arrays} if arrays else {})
        write_json(self.result_path(result.trial_id), sealed(values))

    def arrays_hash(self, trial_id: str) -> str:
        """16 hex digits over the trial's arrays' file; empty if it has none."""
        path = self.arrays_path(trial_id)
        if not is_there(path):
            return ""
        with as_local(path) as local, local.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()[:16]

    def check_arrays_hash(self, trial_id: str) -> None:
        """Raises ``ValueError`` if the arrays are not those that the trial's result was written with."""
        known = (read_json(self.result_path(trial_id)) or {}).get(ARRAYS)
        if known and known != (found := self.arrays_hash(trial_id)):
            raise ValueError(f"is not what was written (its hash is {found or 'none'}, and was {known})")

    def arrays(self, trial_id: str) -> dict[str, "ndarray"]:
        """Arrays of the trial's scores, by name; empty if its protocol leaves none, or if they are not as written."""
        from safetensors.numpy import load_file  # here, since most commands need no numpy

        path = self.arrays_path(trial_id)
        try:
            self.check_arrays_hash(trial_id)
        except ValueError as error:
            self._name(path, error, "nothing is drawn from it")
            return {}
        if not is_there(path):
            return {}
        with as_local(path) as file:
            return load_file(file)

    def classes(self, trial_id: str) -> tuple[str, ...]:
        """Names of the labels in the trial's arrays; empty if it left none."""
        from safetensors import safe_open

        path = self.arrays_path(trial_id)
        if not is_there(path):
            return ()
        with as_local(path) as local, safe_open(local, "np") as file:
            return tuple(json.loads((file.metadata() or {}).get(CLASSES, "[]")))

    def save_arrays(self, trial_id: str, arrays: dict[str, "ndarray"], classes: Sequence[str]) -> None:
        """Write the arrays, before the result, which stands for them too."""
        from safetensors.numpy import save

        if arrays:
            with whole_file(self.arrays_path(trial_id)) as file:
                file.write(save(arrays, metadata={CLASSES: json.dumps(list(classes))}))

    def history(self, pretrain_id: str) -> tuple[Epoch, ...]:
        """The epochs that are durable; empty if the training has not begun."""
        path = self.history_path(pretrain_id)
        try:
            if values := load_json(path):
                return _epochs(values.get("epochs"))
        except ValueError as error:
            self._name(path, error, "the copy in its encoder is used")
        return self._history_of_encoder(pretrain_id)

    def is_trained(self, pretrain_id: str) -> bool:
        """Whether the history was completed with the encoder."""
        return bool((read_json(self.history_path(pretrain_id)) or {}).get("trained"))

    def encoder_hash(self, pretrain_id: str) -> str:
        """Hash of the encoder as it was trained, see ``core.encoder_hash``; empty if none was kept."""
        return str((read_json(self.history_path(pretrain_id)) or {}).get("encoder_hash", ""))

    def _history_of_encoder(self, pretrain_id: str) -> tuple[Epoch, ...]:
        """The history in the encoder's own file."""
        if not self.encoder_path(pretrain_id).exists():
            return ()
        from core.trained.checkpoint import load_checkpoint  # here, since most commands need no torch

        state = load_checkpoint(self.encoder_path(pretrain_id)) or {}
        return _epochs(state.get("history", []))

    def save_history(
        self, pretrain_id: str, history: Sequence[Epoch], trained: bool = False, encoder_hash: str = ""
    ) -> None:
        """Write the epochs so far; once ``trained``, with the hash of the encoder that they led to."""
        values = {"epochs": [epoch.to_json() for epoch in history], "trained": trained}
        write_json(self.history_path(pretrain_id), values | ({"encoder_hash": encoder_hash} if encoder_hash else {}))

    def has_checkpoint(self, pretrain_id: str) -> bool:
        return self.checkpoint_path(pretrain_id).exists()

    def record(self, unit: Unit) -> None:
        """Write the unit's configurations, before it is run; files that hold them already are left alone."""
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
        """Results of the unit's trials that stand, failures among them unless they are to be tried again."""
        found = self.results(list(unit.trials)).values()
        return [result for result in found if result.counts_for(unit.judged) and result not in unit.retried]

    def _check_arrays(self, trial_id: str) -> None:
        """Raises ``ValueError`` for arrays that are damaged.

        An object is whole, and to look for one in vain with every result takes time.
        """
        path = self.arrays_path(trial_id)
        if isinstance(path, RemotePath) or not path.exists():
            return
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, "np"):
                return
        except SafetensorError as error:
            raise ValueError(f"its {path.name} is damaged ({error})") from error

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


def ids_in(folder: AnyPath) -> list[str]:
    """The names in it that are ids, ascending; none where there is no such folder. Raises ``OSError`` where it cannot
    be listed: to ``glob`` such a folder is empty, and what it needs is needed by nothing."""
    with suppress(FileNotFoundError):
        return sorted(path.name for path in folder.iterdir() if is_id(path.name))
    return []


def _epochs(values: Any) -> tuple[Epoch, ...]:
    """The epochs of a history, in any version. Raises ``ValueError`` for anything else."""
    try:
        epochs = [Epoch.from_json(value) for value in values]
    except (TypeError, ValueError) as error:
        raise ValueError(f"is damaged ({error})") from error
    return _EPOCHS.validate_python([vars(epoch) for epoch in epochs])


def damage(error: ValueError) -> str:
    """What is wrong with a file, without its path."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False)[0]
    return f"is damaged ({'.'.join(map(str, first['loc']))}: {first['msg']})"


def trial_values(pretrain_id: str, config: TrainConfig) -> dict[str, Any]:
    """The content of a trial's config.json."""
    return {ENCODER: pretrain_id, **config.model_dump(mode="json")}


def find_trial(store: TrialStore, start: str) -> StoredTrial:
    """The trial whose id begins with ``start``, or the only trial of an encoder whose id does. Raises ``StudyError``
    unless there is exactly one, and for no start."""
    found = [trial_id for trial_id in store.trial_ids() if trial_id.startswith(start)]
    if not found:
        return store.stored(_only_of_encoder(store, start))
    if len(found) > 1:
        raise StudyError(f"{start}: {len(found)} trials begin so, such as {found[0]} and {found[1]}; write more of it")
    if not start:  # such as a variable of a script that was never set
        raise StudyError(f"'': write the id of a trial, or its beginning, such as {found[0]}")
    return store.stored(found[0])


def _only_of_encoder(store: TrialStore, start: str) -> str:
    """The id of the only trial of an encoder. Raises ``StudyError`` for several, and where there is no such encoder."""
    encoders = [encoder_id for encoder_id in store.encoder_ids() if encoder_id.startswith(start)]
    found = [id_ for id_ in store.trial_ids() if encoders and store.recorded(id_).pretrain_id in encoders]
    if not found:
        raise StudyError(f"{start}: {store.root} has no trial whose id begins so; 'ablate plan STUDY' shows ids")
    if len(encoders) > 1:
        told = f"{len(encoders)} encoders begin so, such as {encoders[0]} and {encoders[1]}"
        raise StudyError(f"{start}: {told}; write more of it")
    if len(found) > 1:
        trials = f"{', '.join(found[:FEW_IDS])}{' and more' if len(found) > FEW_IDS else ''}"
        raise StudyError(f"{start}: is an encoder of {len(found)} trials; write one of {trials}")
    return found[0]


def trained_encoder(store: TrialStore, trial: StoredTrial, device: "str | torch.device | None" = None) -> "Pretrained":
    """The encoder and head that a trial is scored by, on the device; None: the first GPU, else the CPU.

    Raises ``StudyError`` if the storage has no readable file of it, or if it is of code that was not run.
    """
    from core import load_pretrained  # here, since PyTorch comes with it

    try:
        found = load_pretrained(store.encoder_path(trial.pretrain_id), device) if trial.pretrain_id else None
    except ValidationError as error:
        told = "its configuration cannot be read; one of your own code needs --use FILE"
        raise StudyError(f"trial {trial.id}: {told}") from error
    if found is None:
        raise StudyError(f"trial {trial.id}: its encoder is not in {store.root}; running its study trains it")
    return found
