"""The origin of a setting: the layers of a study, from the one that any other hides to the one that none hides."""

from typing import Literal, get_args

from ablations.study.overrides import OPTION
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Setting

Origin = Literal["default", "images", "scale", "study", "--set", "tune", "cell", "baseline", "seeds"]
"""The layer that a value comes from. ``default`` is the paper's value, or ours if the paper gives none; ``images``
is the fingerprint of a folder, ``study`` the study's file or one that it extends, at any scale."""

ORDER: tuple[Origin, ...] = get_args(Origin)
"""Origins from the one that any other hides to the one that none hides."""


def origin_of(setting: Setting, scaled: ScaledStudy) -> Origin:
    """The layer that a setting comes from."""
    if setting.source is scaled.scale_source:
        return "scale"
    if setting.source.name.startswith(OPTION):
        return "--set"
    match setting.keys:
        case ():
            return "seeds"
        case ("tune", *_) | ("scales", _, "tune", *_):
            return "tune"
        case ("grid", *_) | ("scales", _, "grid", *_):
            return "cell"
        case ("baselines", *_):
            return "baseline"
    return "study"


def rank_of(setting: Setting, scaled: ScaledStudy) -> int:
    """The place of the setting's origin in ``ORDER``."""
    return ORDER.index(origin_of(setting, scaled))
