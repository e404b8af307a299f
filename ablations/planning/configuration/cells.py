"""The cells of a study, and its baselines, before the seeds."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ablations.study.axes import Point, joined_coordinates
from ablations.study.scaled_study import ScaledStudy
from ablations.study.settings import Layer
from ablations.types.trial import cell_key


@dataclass(frozen=True)
class Cell:
    """A point of the grid, or a baseline, before the seeds."""

    coordinates: dict[str, Any]
    baseline: str | None
    layer: Layer
    tuned: tuple[Point, ...] = ()
    """One combination of the tuned values; see ``candidates_of``."""

    @property
    def key(self) -> tuple[str, ...]:
        """The key that its trials have as ``Trial.cell``."""
        return cell_key(self.baseline, self.coordinates)

    @property
    def tuned_values(self) -> dict[str, Any]:
        """Tuned values, or their labels, by the name of the axis."""
        return joined_coordinates(self.tuned)

    @property
    def name(self) -> str:
        """``loss.temperature = 0.1, head.kind = linear``, or the name of the baseline."""
        return self.baseline or ", ".join(f"{axis} = {value}" for axis, value in self.coordinates.items())


def cells_of(scaled: ScaledStudy) -> Iterator[Cell]:
    """The cells of the grids in the order they are written, the last axis fastest; then the baselines."""
    for grid in scaled.grids:
        for coordinates, layer in grid.cells():
            yield Cell(coordinates, None, layer)
    for name, layer in scaled.baselines.items():
        yield Cell({}, name, layer)
