"""Seconds of work by the speeds that were measured: a range where those leave much open.

An image takes ``fixed / together + a * FLOPs + b * pixels`` seconds. The fixed part is one step's or one evaluation's,
which ``together`` images share; it is most of the time of a tiny trial. Work of several sizes tells the three apart.
Until then, every split that agrees with the measurements is possible, from all fixed to none.
"""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from ablations.store.speeds import Speed, Stage, Work

if TYPE_CHECKING:
    from numpy import ndarray

TOLERANCE = 0.25
"""Relative error that every measurement may have."""
WIDE = 4.0
"""Ratio of most to least seconds from which on one number would mislead."""


@dataclass(frozen=True)
class Span:
    """Seconds that agree with the measurements."""

    least: float = 0.0
    most: float = 0.0

    def __add__(self, other: "Span") -> "Span":
        return Span(self.least + other.least, self.most + other.most)

    def __mul__(self, times: float) -> "Span":
        return Span(self.least * times, self.most * times)

    @property
    def likely(self) -> float:
        """The middle of both ends: as measured, for work of the same size."""
        return (self.least + self.most) / 2

    @property
    def is_wide(self) -> bool:
        """Whether it is too wide for one number."""
        return is_wide(self.least, self.most)


def is_wide(least: float, most: float) -> bool:
    """Whether a range of seconds is too wide for one number."""
    return most > WIDE * least


class Timing:
    """Seconds of an image in a training or an evaluation, by past ones on the same hardware."""

    def __init__(self, speeds: Sequence[Speed]) -> None:
        self._speeds = speeds
        self._fit = cache(self._new_fit)
        self.of_image = cache(self._of_image)

    def _of_image(self, stage: Stage, protocol: str, key: str, work: Work) -> Span | None:
        """Seconds of an image: as measured for the same work, else by its size; None if nothing tells."""
        same = [speed for speed in self._of(stage, protocol) if speed.key == key and _is_as_long(speed, work)]
        if not same:
            return self._fit(stage, protocol)(work)
        seconds = statistics.median(speed.seconds for speed in same)
        return Span(0.0 if all(speed.has_start for speed in same) else seconds, seconds)

    def _of(self, stage: Stage, protocol: str) -> list[Speed]:
        return [speed for speed in self._speeds if (speed.stage, speed.protocol) == (stage, protocol)]

    def _new_fit(self, stage: Stage, protocol: str) -> Callable[[Work], Span | None]:
        speeds = self._of(stage, protocol)
        return _fitted(speeds) if speeds else lambda work: None


def _is_as_long(speed: Speed, work: Work) -> bool:
    """Whether a measurement of the same work has its fixed part in about the same proportion. A probe has fewer
    images."""
    return not speed.together or 2 * speed.together >= work.together


def _fitted(speeds: Sequence[Speed]) -> Callable[[Work], Span | None]:
    """A function from work to the seconds of an image under all rates of 0 or more that agree with the speeds."""
    import numpy as np  # here, since most commands need neither
    from scipy.optimize import linprog, nnls

    seconds = np.array([speed.seconds for speed in speeds])
    sizes = np.array([_parts(speed.work) for speed in speeds]) / seconds[:, None]  # relative errors count
    scale = np.where(sizes.any(axis=0), sizes.max(axis=0), 1.0)
    sizes = sizes / scale
    best = nnls(sizes, np.ones(len(speeds)))[0]
    errors = TOLERANCE + abs(sizes @ best - 1)
    has_start = np.array([speed.has_start for speed in speeds])
    limits = np.concatenate([1 + errors, np.where(has_start, 0.0, errors - 1)])

    def extreme(parts: "ndarray", sign: int) -> float:
        return float(sign * linprog(sign * parts, np.concatenate([sizes, -sizes]), limits).fun)

    def span(work: Work) -> Span | None:
        parts = np.array(_parts(work)) / scale
        measured = sizes.any(axis=0)
        parts[0] *= measured[0]  # earlier versions did not keep the number of images
        if parts[~measured].any():  # nothing tells what an operation takes, say
            return None
        return Span(extreme(parts, 1), extreme(parts, -1))

    return span


def _parts(work: Work) -> tuple[float, float, float]:
    """Share of an image in the fixed part, FLOPs and pixels."""
    return 1 / work.together if work.together else 0.0, work.flops, work.pixels
