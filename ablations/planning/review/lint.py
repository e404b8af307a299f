"""Questions that a careful reviewer would ask of a study before it runs. None of them stops it."""

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from ablations.planning.former import how_to_ask
from ablations.planning.origins import unvaried_text
from ablations.planning.plan import Plan
from ablations.planning.review.other_images import other_images
from ablations.planning.review.plausible import implausible
from ablations.planning.review.setting_use import unused
from ablations.planning.search import seed_counts
from ablations.study.library import files_named
from ablations.study.settings import dotted_values
from ablations.types.trial import Trial
from core.config import TrainConfig
from core.config.base import whole
from reports.paper.catalog import paper_axes
from reports.specs import PicturesReport

LEFT_OUT = 0.1
"""Share of an epoch's images in the incomplete last batch that is worth a remark."""
FEW_STEPS = 50
SCALING = ("optimizer", "scaling")


def warnings(plan: Plan) -> list[str]:
    """Sentences, each with its remedy."""
    scaled = plan.scaled
    found = [*scaled.notes, *_names(plan), *_paper(plan), *_claims(plan), *_seeds(plan), *_stopping(plan), *_axes(plan)]
    found += [*unused(scaled, plan.trials), *implausible(scaled), *_batches(plan), *_holdouts(plan), *_former(plan)]
    found += [*other_images(plan), *_earlier_code(plan)]
    found += filter(None, [unvaried_text(plan)])
    return list(dict.fromkeys(found))


def _names(plan: Plan) -> Iterator[str]:
    """Other files with the study's name: both are told apart when they are drawn, but not where they are kept."""
    name, path = plan.scaled.study.name, Path(plan.scaled.source.name)
    for other in files_named(name, path):
        yield (
            f"{other}: this study is called {name!r} too; the two share an MLflow experiment and a folder of reports; "
            "give one of them another name"
        )


def _paper(plan: Plan) -> Iterator[str]:
    """Numbers of the paper that cannot be drawn beside the results."""
    key, axes = plan.scaled.study.reproduces, plan.scaled.axis_names
    missing = [axis for axis in paper_axes(key) if axis not in axes] if key else []
    if missing and not isinstance(plan.scaled.report, PicturesReport):
        yield (
            f"reproduces {key}: the paper's numbers are by {', '.join(missing)}, which is no axis of the grid, so they "
            "are not drawn; name the axes as they are, or take 'reproduces' out"
        )


def _claims(plan: Plan) -> Iterator[str]:
    study, trials = plan.scaled.study, plan.trials
    seeds = seed_counts([trial for trial in trials if trial.baseline is None])
    if study.claims and not plan.scaled.stop_early and min(seeds.values()) == 1:
        yield "a claim is never decided from one seed; add --seeds 3, or --until-decided"
    yield from _uncompared(trials)
    compared = len(seeds) > 1 and not isinstance(plan.scaled.report, PicturesReport)
    if compared and not study.baselines and not any(_is_default(trial, plan) for trial in trials):
        yield "no baseline: no cell is the study's own default; add 'baselines', or the default value to an axis"


def _uncompared(trials: Sequence[Trial]) -> Iterator[str]:
    """Baselines that are scored as no cell is."""
    cells = {trial.config.scored_by for trial in trials if trial.baseline is None}
    for trial in trials:
        if trial.baseline is not None and trial.config.scored_by not in cells:
            yield (
                f"baseline {trial.baseline!r} is scored by {trial.config.scored_by}, and no cell is, so that nothing "
                "is compared with it; give it the protocol of the cells, or take it out"
            )


def _seeds(plan: Plan) -> Iterator[str]:
    """Further seeds on the storage, which are drawn as well."""
    asked = len(plan.scaled.seeds)
    counts = seed_counts(plan.trials)
    more = [count for count in counts.values() if count > asked]
    if more:
        fewest, most = min(counts.values()), max(counts.values())
        n = f"n = {most}" if fewest == most else f"n = {fewest} to {most}; --seeds {most} gives all cells the same"
        yield (
            f"seeds: the study asks for {asked} a cell, and {len(more)} of {len(counts)} cells have more on this "
            f"storage, which are drawn too: {n}"
        )


def _stopping(plan: Plan) -> Iterator[str]:
    if plan.scaled.stop_early and (plan.scaled.study.claims or len(plan.scaled.seeds) > 1):
        yield (
            "stop_early leaves a claim undecided, and a cell without a mean, if any of its trials is stopped; explore "
            "with it, then take it out: the stopped trainings go on"
        )


def _former(plan: Plan) -> Iterator[str]:
    """Results under the ids that trials had before the settings of shipped studies and scales changed. The sentence
    counts nothing, so that a collection says it once."""
    changes = list(dict.fromkeys(change for one in plan.former.values() for change in one.changes))
    if changes:
        told = "; ".join(change.told for change in changes)
        yield (
            f"this storage has results from before the study or its scale changed: {told}. They are of other trials, "
            f"stay as they are, and are not drawn here; {how_to_ask(changes)} is the study with them"
        )


def _earlier_code(plan: Plan) -> Iterator[str]:
    for file, count in plan.earlier_code.items():
        yield (
            f"{file} was edited: this storage has results of {count} of these trials for its earlier code; they stay "
            "there under their own ids, and are not drawn here"
        )


def _is_default(trial: Trial, plan: Plan) -> bool:
    """Whether the cell has the values that a trial without axes would have, or trains nothing."""
    if not trial.config.pretrain.epochs:
        return True
    default = dotted_values(whole(TrainConfig()))
    settings = {".".join(path): setting.value for path, setting in plan.scaled.settings.items()}
    flat = dotted_values(whole(trial.config))
    for axis in trial.coordinates:
        path = axis if axis.startswith("evaluate.") else f"pretrain.{axis}"
        if path not in flat or flat[path] != settings.get(axis, default.get(path)):
            return axis in ("leave_one_out", "add_one_in")
    return True


def _axes(plan: Plan) -> Iterator[str]:
    several = _several_values(plan)
    for grid in plan.scaled.grids:
        for axis in grid.axes:
            name = ", ".join(axis[0].coordinates)
            if name not in several:
                yield f"{axis[0].place}: the axis {name} has one value; it belongs in 'base'"
        names = {*grid.names, *(plan.scaled.tune.names if plan.scaled.tune else ())}
        told = SCALING in plan.scaled.settings or names & {"optimizer.learning_rate", "optimizer.scaling", "optimizer"}
        if "batch_size" in names and not told:
            scaling = plan.trials[0].config.pretrain.optimizer.scaling
            yield (
                f"batch_size varies and the learning rate with it, by {scaling} scaling; the paper's answer depends on "
                "which (Table B.1): say optimizer.scaling in 'base' or as an axis, or zip with optimizer.learning_rate"
            )


def _several_values(plan: Plan) -> set[str]:
    """Names of axes with more than one value in all grids together; a scale may well have only one of them."""
    values = {
        (", ".join(point.coordinates), str(point.coordinates))
        for grid in [*plan.scaled.grids, *plan.scaled.own_grids]
        for axis in grid.axes
        for point in axis
    }
    return {name for name, count in Counter(name for name, _ in values).items() if count > 1}


def _holdouts(plan: Plan) -> Iterator[str]:
    """Evaluations that choose a setting on training images held out of each class, of data that has one of each."""
    for trial in plan.trials:
        data = trial.config.evaluation_data
        size = plan.sizes[data]
        if hasattr(trial.config.evaluate, "holdout") and size.train <= size.classes:
            yield (
                f"{data.name} has {size.train:,} training images of {size.classes:,} classes: none can be held out, so "
                f"the {trial.config.evaluate.protocol} protocol takes the middle of its grid; add images"
            )


def _batches(plan: Plan) -> Iterator[str]:
    for trial in plan.trials:
        config = trial.config.pretrain
        if not config.epochs:
            continue
        images = plan.sizes[config.data].train
        steps, rest = divmod(images, config.batch_size)
        if rest > LEFT_OUT * images:
            yield (
                f"batch_size {config.batch_size:,} of {images:,} images: every epoch leaves "
                f"{100 * rest / images:.0f} % of them out; take a divisor"
            )
        if steps * config.epochs < FEW_STEPS:
            yield (
                f"batch_size {config.batch_size:,}, {config.epochs} epochs: {steps * config.epochs} steps in all, "
                "too few to learn from; raise epochs or lower batch_size"
            )
