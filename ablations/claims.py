"""A study's claims, checked against its grid."""

from ablations.errors import StudyError
from ablations.settings import coordinate
from ablations.study import Claim, Study
from ablations.yaml_source import Keys, Source, dotted


def check_claims(study: Study, source: Source) -> None:
    """Raises ``StudyError`` for a cell that the study's own grid does not have, or a claim without cells."""
    for number, claim in enumerate(study.claims):
        keys: Keys = ("claims", number)
        if not claim.cells and not claim.than:
            raise StudyError(f"{_locate(source, keys)}: say which 'cells' are better, or better 'than' which")
        for side, cells in (("cells", claim.cells), ("than", claim.than)):
            for place, cell in enumerate(cells):
                _check_cell(study, cell, source, (*keys, side, place))


def cells_as_text(claim: Claim) -> dict[str, list[list[str]]]:
    """Both sides, as reports write the values of axes."""
    return {
        side: [[str(coordinate(value)) for value in cell] for cell in cells]
        for side, cells in (("cells", claim.cells), ("than", claim.than))
    }


def _check_cell(study: Study, cell: list[object], source: Source, keys: Keys) -> None:
    if len(cell) != len(study.grid):
        raise StudyError(
            f"{_locate(source, keys)}: a cell has a value for each axis, here {', '.join(study.grid)}; got {cell!r}"
        )
    for place, (value, (axis, values)) in enumerate(zip(cell, study.grid.items(), strict=True)):
        if value not in values:
            known = ", ".join(map(str, values))
            raise StudyError(f"{_locate(source, (*keys, place))}: {axis} has no value {value!r}; it has {known}")


def _locate(source: Source, keys: Keys) -> str:
    return f"{source.place(keys)}: {dotted(keys)}"
