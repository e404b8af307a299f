"""Numbers that a training or an evaluation reports."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A number with a name."""

    name: str
    """Name in the history of a training or in the scores of a protocol, such as ``linear_eval/top1``. A part of it may
    be a pattern: ``precision_at_\\d+``. ``<protocol>/validation`` is a score, higher being better, on training images
    that were held out: by it a study chooses the values that it tunes."""
    label: str
    """Label in figures and tables, with the unit in parentheses: ``contrastive accuracy (%)``."""

    @property
    def is_percentage(self) -> bool:
        """Whether it is kept in percent. A method returns such a number as a share from 0 to 1."""
        return self.label.endswith("(%)")


SPREAD = Measure("spread", "spread of z (0 is a collapse)")
"""Spread of the projections of a batch on the unit sphere (``core.loss.unit.spread``). A training whose epochs report
it can be told to have collapsed."""
