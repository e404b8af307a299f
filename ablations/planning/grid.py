"""Enumerates the trials of a study, in order, every configuration validated."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ablations.planning.configuration.candidates import all_candidates
from ablations.planning.configuration.cells import Cell
from ablations.planning.configuration.configure import SEED, configure
from ablations.planning.configuration.starting_weights import started
from ablations.planning.own_images.fingerprints import Fingerprints, fingerprinted, no_fingerprints
from ablations.planning.review.found_metrics import check_metrics
from ablations.planning.review.tuning import check_selection, check_tuning
from ablations.store.trial_store import TrialStore
from ablations.study.axes import Point
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import conflict
from ablations.types.errors import StudyError
from ablations.types.trial import Trial
from core.config.base import own_codes

MAX_TRIALS = 20_000


def enumerate_trials(
    scaled: ScaledStudy, fingerprints: Fingerprints = no_fingerprints, store: TrialStore | None = None
) -> list[Trial]:
    """The cells of the grids in the order they are written, the last axis fastest; then the baselines; each with every
    tuned value and every seed. Raises ``StudyError`` for the first configuration that is not valid.

    ``fingerprints`` say which images the folders of its data have, and ``store`` has the trials whose encoders others
    start from; without them, ids are not those of a run.
    """
    _check_size(scaled)
    _check_seed(scaled)
    _check_overrides(scaled)
    trials = [
        _trial(scaled, cell, seed, fingerprints, store) for cell in all_candidates(scaled) for seed in scaled.seeds
    ]
    _check_distinct(scaled, trials)
    _check_own_code(scaled, trials)
    check_metrics(scaled, trials)
    check_tuning(scaled, trials)
    check_selection(scaled, trials)
    return trials


def _trial(scaled: ScaledStudy, cell: Cell, seed: int, fingerprints: Fingerprints, store: TrialStore | None) -> Trial:
    configured = configure(scaled, cell, seed)
    if store:
        configured = replace(configured, config=started(configured, store))
    config = fingerprinted(configured, fingerprints)
    return Trial(config, cell.coordinates, seed, cell.baseline, configured.following, cell.tuned_values)


def _points(scaled: ScaledStudy) -> Iterator[Point]:
    grids = [*scaled.grids, scaled.tune] if scaled.tune else scaled.grids
    return (point for grid in grids for axis in grid.axes for point in axis)


def _check_size(scaled: ScaledStudy) -> None:
    cells = sum(grid.size for grid in scaled.grids) + len(scaled.baselines)
    trials = cells * len(scaled.seeds) * (scaled.tune.size if scaled.tune else 1)
    if trials > MAX_TRIALS:
        raise StudyError(
            f"{scaled.source.locate(('grid',))}: {trials:,} trials; at most {MAX_TRIALS:,} are run as one study"
        )


def _check_seed(scaled: ScaledStudy) -> None:
    layers = [scaled.base, scaled.overrides, *scaled.baselines.values(), *(p.settings for p in _points(scaled))]
    settings = [layer[SEED] for layer in layers if SEED in layer]
    if settings:
        raise StudyError(f"{settings[0].place()}: seeds are given by 'seeds: 3' in the study, or by --seeds")


def _check_overrides(scaled: ScaledStudy) -> None:
    """Raises ``StudyError`` if a point of an axis would silently win over a ``--set``."""
    for point in _points(scaled):
        if both := conflict(scaled.overrides, point.settings):
            axis = ", ".join(point.coordinates)
            raise StudyError(f"{both[0].place()}: is set by the axis '{axis}', which overrides --set; change the axis")


def _check_own_code(scaled: ScaledStudy, trials: list[Trial]) -> None:
    """Raises ``StudyError`` for a part of a file that another study of this process uses, and this one does not."""
    for trial in trials:
        for code in own_codes(trial.config) - {*scaled.own_code}:
            raise StudyError(
                f"{scaled.source.place(())}: trial {trial.name} has a part of {code.file}, which the study does not "
                f"use; add 'uses: [{Path(code.file).name}]'"
            )


def _check_distinct(scaled: ScaledStudy, trials: list[Trial]) -> None:
    """Raises ``StudyError`` if one experiment counts as two: its spread would be nothing. A baseline may repeat a
    cell."""
    seen: dict[str, Trial] = {}
    for trial in trials:
        if trial.baseline is None and (other := seen.setdefault(trial.id, trial)) is not trial:
            raise StudyError(
                f"{scaled.source.locate(('grid',))}: '{other.name}' and '{trial.name}' are the same experiment"
            )
