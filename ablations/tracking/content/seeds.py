"""The random choices that differ between the seeds of a study's cells, and those that do not, in words."""

from collections.abc import Sequence

from ablations.types.choices import CHOICES, Choice, choices_of, follows_by_itself
from ablations.types.trial import Trial
from reports.statistics.seeds import TEST_IMAGES, VARIED

WORDS: dict[Choice, str] = {"subset": "training subset", "holdout": "hold-out", "labels": "choice of labels"}
OWN_DRAWS = "draws of the evaluation"
"""Words for a protocol's own ``seed``, such as that of the images of a t-SNE."""


def varied_and_fixed(trials: Sequence[Trial]) -> tuple[list[str], list[str]]:
    """The choices that follow the seed in all trials, and those that do not in some. A choice that no trial makes is in
    neither list."""
    follows: dict[Choice, bool] = {}
    for trial in trials:
        for path, choice in choices_of(trial.config).items():
            its_own = path in trial.following or follows_by_itself(trial.config, path)
            follows[choice] = its_own and follows.get(choice, True)
    made = [choice for choice in CHOICES if choice in follows]
    varied = [*VARIED, *(WORDS[choice] for choice in made if follows[choice])]
    fixed = [WORDS[choice] for choice in made if not follows[choice]]
    draws = any(isinstance(getattr(trial.config.evaluate, "seed", None), int) for trial in trials)
    return varied, [*fixed, *([OWN_DRAWS] if draws else []), TEST_IMAGES]
