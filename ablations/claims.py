"""A study's claims, checked against its grid."""

from ablations.errors import StudyError
from ablations.settings import coordinate
from ablations.study import Claim, Study
from ablations.yaml_source import Keys, Source


def check_claims(study: Study, source: Source) -> None:
    """Raises ``StudyError`` for a cell that the study's own grid does not have, or a claim without cells."""
    for number, claim in enumerate(study.claims):
        keys: Keys = ("claims", number)
        if not claim.cells and not claim.than:
            raise StudyError(f"{source.locate(keys)}: say which 'cells' are better, or better 'than' which")
        for side, cells in (("cells", claim.cells), ("than", claim.than)):
            for place, cell in enumerate(cells):
                _check_cell(study, cell, source, (*keys, side, place))


def cells_as_text(claim: Claim, study: Study) -> dict[str, list[dict[str, str]]]:
    """Both sides, each cell by the study's axes, values as reports write them."""
    return {
        side: [{axis: _text(value) for axis, value in zip(study.grid, cell, strict=True)} for cell in cells]
        for side, cells in (("cells", claim.cells), ("than", claim.than))
    }


def _text(value: object) -> str:
    return str(coordinate(value))


def _check_cell(study: Study, cell: list[object], source: Source, keys: Keys) -> None:
    if len(cell) != len(study.grid):
        raise StudyError(
            f"{source.locate(keys)}: a cell has a value for each axis, here {', '.join(study.grid)}; got {cell!r}"
        )
    for place, (value, (axis, values)) in enumerate(zip(cell, study.grid.items(), strict=True)):
        if _text(value) not in map(_text, values):
            known = ", ".join(map(_text, values))
            raise StudyError(f"{source.locate((*keys, place))}: {axis} has no value {value!r}; it has {known}")
