"""Checks a whole storage: whether every file still is what was written."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ablations.store.folders import found, ids_in
from ablations.store.json_files import damage, load_json, read_json
from ablations.store.speeds import read_speed
from ablations.store.trial_store import ENCODER, StoredTrial, TrialStore
from ablations.store.upkeep.migration import upgraded
from ablations.types.identity import pretrain_id, schema_of
from core.config import TrainConfig
from core.config.base import OWN_CODE
from core.config.own_code import is_imported
from core.remote import AnyPath

UNUSED = "it is not used, and running its study evaluates the trial again"
TRAINED_AGAIN = "put the right file back, or remove its folder and run the study, which trains it again"


@dataclass(frozen=True)
class Problem:
    """A file that is not what was written."""

    path: AnyPath
    text: str
    """A sentence on what is wrong, and what to do."""

    def __str__(self) -> str:
        return f"{self.path}: {self.text}"


@dataclass
class Verification:
    """One pass over a storage."""

    store: TrialStore
    trials: int = 0
    encoders: int = 0
    lacking: dict[str, int] = field(default_factory=dict)
    """Number of files that could not be looked into without the user's own code, by the hash of that."""

    def problems(self) -> Iterator[Problem]:
        """Every file that is not what was written; counts what was looked at. Reads each encoder whole."""
        hashes: dict[str, set[str]] = {}
        for trial_id in self.store.trial_ids():
            self.trials += 1
            yield from self._of_trial(trial_id, hashes)
        for encoder in ids_in(self.store.root / "encoders"):
            if self.store.encoder_path(encoder).exists():
                self.encoders += 1
                yield from self._of_encoder(encoder, hashes.get(encoder, set()))
        for path in found(self.store.root, "speeds/*.json"):
            if read_speed(path) is None:
                yield Problem(path, "is damaged; estimates do without it, and it can be removed")

    def _of_trial(self, trial_id: str, hashes: dict[str, set[str]]) -> Iterator[Problem]:
        path, encoder = self.store.trial_folder(trial_id) / "config.json", ""
        try:
            values = load_json(path) or {}
            encoder = str(values.pop(ENCODER, ""))
            if encoder != self._encoder_id(trial_id, encoder, values):
                yield Problem(path, f"names the encoder {encoder}, which is not its own; running its study corrects it")
        except ValueError as error:
            yield Problem(path, f"{damage(error)}; running its study writes it again")
        try:
            result = self.store.whole_result(trial_id)
        except ValueError as error:
            yield Problem(self.store.result_path(trial_id), f"{damage(error)}; {UNUSED}")
            return
        try:
            self.store.check_arrays_hash(trial_id)
        except ValueError as error:
            path = self.store.arrays_path(trial_id)
            yield Problem(path, f"{damage(error)}; remove the trial, and run its study")
        if result and (known := result.facts.get("encoder_hash")):
            hashes.setdefault(encoder, set()).add(known)

    def _encoder_id(self, trial_id: str, encoder: str, values: dict[str, Any]) -> str:
        """The id of the encoder that a trial's configuration asks for. Raises ``ValueError`` if that is damaged."""
        if lacks_code(values):
            if schema_of(trial_id, encoder, values) is None:
                raise ValueError("is not what its id stands for")
            return encoder
        config = upgraded(StoredTrial(trial_id, encoder, values, None)) or TrainConfig.model_validate(values)
        return pretrain_id(config.pretrain)

    def _of_encoder(self, encoder: str, hashes: set[str]) -> Iterator[Problem]:
        """``hashes`` are those that the results of its trials hold."""
        try:
            load_json(self.store.history_path(encoder))
        except ValueError as error:
            yield Problem(self.store.history_path(encoder), f"{damage(error)}; the copy in its encoder is used")
        if hashes_lacked := lacks_code(read_json(self.store.encoder_folder(encoder) / "config.json") or {}):
            for hash_ in hashes_lacked:
                self.lacking[hash_] = self.lacking.get(hash_, 0) + 1
            return
        path, known = self.store.encoder_path(encoder), self.store.encoder_hash(encoder)
        loaded = _loaded(path)
        if loaded is None:
            yield Problem(path, f"is damaged; {TRAINED_AGAIN}")
            return
        of, weights = loaded
        if of != encoder:
            yield Problem(path, f"is the encoder {of}; {TRAINED_AGAIN}")
        elif known and known != weights:
            yield Problem(
                path, f"holds other weights (hash {weights}) than were trained (hash {known}); {TRAINED_AGAIN}"
            )
        elif others := hashes - {weights}:
            results = f"results of its trials are of weights with the hash {', '.join(sorted(others))}"
            yield Problem(path, f"has the hash {weights}, but {results}; remove those trials, and run their study")


def lacks_code(values: Any) -> list[str]:
    """Hashes of the user's own code that a configuration in plain values needs and this process has not imported."""
    if isinstance(values, list):
        return [hash_ for value in values for hash_ in lacks_code(value)]
    if not isinstance(values, dict):
        return []
    own = str(values.get(OWN_CODE, "")).split("+")
    inner = [hash_ for value in values.values() for hash_ in lacks_code(value)]
    return list(dict.fromkeys([*(hash_ for hash_ in own if hash_ and not is_imported(hash_)), *inner]))


def _loaded(path: AnyPath) -> tuple[str, str] | None:
    """The id and the hash of the encoder in a file; None if it cannot be read."""
    import torch  # here, since most commands need no torch

    from core import encoder_hash, load_pretrained

    try:
        pretrained = load_pretrained(path, torch.device("cpu"))
    except Exception:  # a file that is a checkpoint of something else may raise anything
        return None
    return (pretrain_id(pretrained.config), encoder_hash(pretrained.encoder)) if pretrained else None
