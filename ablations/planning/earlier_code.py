"""Results of trials with earlier code of the user's own files."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

from ablations.store.kept_code import kept_codes
from ablations.store.trial_store import TrialStore
from ablations.types.identity import SCHEMA, digest
from ablations.types.trial import Trial
from core.config.base import own_codes
from core.config.own_code import OwnCode


def done_with_earlier_code(trials: Sequence[Trial], store: TrialStore) -> Mapping[str, int]:
    """The numbers of trials that are done with earlier code of a file, by the file.

    A trial's id depends on the hash of the code. So the trial's id is computed for each code of a file of that name
    that the storage keeps, and looked up.
    """
    earlier: dict[OwnCode, list[str]] = {}
    counts: Counter[str] = Counter()
    for trial in trials:
        for code in own_codes(trial.config):
            if code not in earlier:
                kept = kept_codes(store.root, code.entry)
                earlier[code] = [one.hash for one in kept if one.hash != code.hash]
            ids = [_id_with(trial, code.hash, other) for other in earlier[code]]
            counts[code.file] += any(result.state == "done" for result in store.results_of(ids).values())
    return +counts


def _id_with(trial: Trial, hash_: str, other: str) -> str:
    text = json.dumps(trial.config.model_dump(mode="json"))
    return digest("trial", SCHEMA, json.loads(text.replace(hash_, other)))
