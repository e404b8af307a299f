"""Finds a trial of a study by the beginning of its id, whether it ran or not."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from string import hexdigits

from ablations.planning.configuration.resolved import ResolvedSetting, Resolver
from ablations.planning.grid import enumerate_trials
from ablations.planning.own_images.fingerprints import Fingerprints, no_fingerprints
from ablations.store.trial_store import TrialStore
from ablations.study.library import all_studies, scale_names
from ablations.study.load import load_study
from ablations.study.own_code.uses import NO_CODE, WITH_CODE, CodeOptions
from ablations.study.scaled_study import ScaledStudy
from ablations.study.scales import DEFAULT_SCALE
from ablations.types.errors import StudyError
from ablations.types.trial import Trial


@dataclass(frozen=True)
class FoundTrial:
    """A trial and the study that plans it."""

    trial: Trial
    scaled: ScaledStudy

    def settings(self) -> list[ResolvedSetting]:
        """Every value of its configuration, and where each comes from."""
        return Resolver(self.scaled).settings(self.trial)


def find_planned(
    start: str,
    study: str | None = None,
    scale: str | None = None,
    assignments: Sequence[str] = (),
    code: CodeOptions = WITH_CODE,
    fingerprints: Fingerprints = no_fingerprints,
    store: TrialStore | None = None,
) -> FoundTrial | None:
    """The trial whose id begins so, or else whose encoder's id does, of a study at a scale, on images with these
    fingerprints and with starting weights from ``store``. None if there is none.

    Without a study, every study with a name is searched; then without a scale, at every common scale. Raises
    ``StudyError`` if several trials of a study begin so, and for a given study that is not valid.
    """
    if study is None and not set(start) <= set(hexdigits):
        return None  # no id begins so, and to search all studies takes seconds
    for scaled in _asked(study, scale, assignments, code) if study is not None else _known(scale, assignments):
        trials = _trials(scaled, fingerprints, store, study is not None)
        found = {trial.id: trial for trial in trials if trial.id.startswith(start)}
        of_encoder = {} if found else {trial.id: trial for trial in trials if trial.pretrain_id.startswith(start)}
        found |= of_encoder
        if len(found) > 1:
            first, second, *_ = found
            are = "have an encoder that begins so" if of_encoder else "begin so"
            told = f"{len(found)} trials of {scaled.study.name} {are}, such as {first} and {second}"
            raise StudyError(f"{start}: {told}; write more of it")
        for trial in found.values():
            return FoundTrial(trial, scaled)
    return None


def _asked(study: str, scale: str | None, assignments: Sequence[str], code: CodeOptions) -> list[ScaledStudy]:
    return [load_study(study, scale, assignments, code=code)]


def _trials(
    scaled: ScaledStudy, fingerprints: Fingerprints, store: TrialStore | None, must_be_valid: bool
) -> list[Trial]:
    try:
        return enumerate_trials(scaled, fingerprints, store)
    except StudyError:
        if must_be_valid:
            raise
        return []


def _known(scale: str | None, assignments: Sequence[str]) -> Iterator[ScaledStudy]:
    """Every study with a name that can be read, at one scale or at all common ones, without those that use code."""
    for each in [scale] if scale else [DEFAULT_SCALE, *(one for one in scale_names(Path()) if one != DEFAULT_SCALE)]:
        for path in all_studies().values():
            with suppress(StudyError):
                yield load_study(str(path), each, assignments, code=NO_CODE)
