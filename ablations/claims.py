"""A study's claims, checked against its grid."""

from ablations.axes import Grid
from ablations.errors import StudyError
from ablations.settings import coordinate
from ablations.study import Claim
from ablations.yaml_source import Keys, Source


def check_claims(claims: list[Claim], grids: list[Grid], source: Source) -> None:
    """Raises ``StudyError`` for a cell that the study's own grid does not have, or a claim without cells."""
    axes = _axes(grids)
    for number, claim in enumerate(claims):
        keys: Keys = ("claims", number)
        if not claim.cells and not claim.than:
            raise StudyError(f"{source.locate(keys)}: say which 'cells' are better, or better 'than' which")
        for side, cells in (("cells", claim.cells), ("than", claim.than)):
            for place, cell in enumerate(cells):
                _check_cell(axes, cell, source, (*keys, side, place))


def cells_as_text(claim: Claim, grids: list[Grid]) -> dict[str, list[dict[str, str]]]:
    """Both sides, each cell by the study's axes, values as reports write them."""
    return {
        side: [{axis: _text(value) for axis, value in zip(_axes(grids), cell, strict=True)} for cell in cells]
        for side, cells in (("cells", claim.cells), ("than", claim.than))
    }


def _axes(grids: list[Grid]) -> dict[str, list[str]]:
    """The values of each axis, as text."""
    axes: dict[str, list[str]] = {}
    points = [point for grid in grids for axis in grid.axes for point in axis]
    for point in points:
        for name, value in point.coordinates.items():
            axes.setdefault(name, []).append(_text(value))
    return axes


def _text(value: object) -> str:
    return str(coordinate(value))


def _check_cell(axes: dict[str, list[str]], cell: list[object], source: Source, keys: Keys) -> None:
    if len(cell) != len(axes):
        raise StudyError(
            f"{source.locate(keys)}: a cell has a value for each axis, here {', '.join(axes)}; got {cell!r}"
        )
    for place, (value, (axis, values)) in enumerate(zip(cell, axes.items(), strict=True)):
        if _text(value) not in values:
            raise StudyError(
                f"{source.locate((*keys, place))}: {axis} has no value {value!r}; it has {', '.join(values)}"
            )
