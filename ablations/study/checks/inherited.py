"""Checks the claims and the report of a study, which it may have from one that it extends."""

from collections.abc import Iterator, Sequence

from ablations.study.axes import Grid
from ablations.study.checks.claim_names import check_claim_names
from ablations.study.checks.report_names import check_report, default_report
from ablations.study.claims import check_claims, parts_of
from ablations.study.extends import Lineage
from ablations.study.scales import all_scale_names
from ablations.types.errors import StudyError
from reports.specs import Report

REMEDIES = {"claims": "'claims: []' for none", "report": "'report:' for the default figure"}


def checked_report(lineage: Lineage, grids: Sequence[Grid], own_grids: Sequence[Grid]) -> Report:
    """The study's report, or the default one. Raises ``StudyError`` if it does not fit the grids."""
    report = lineage.merged().report
    if report is None:
        return default_report(grids)
    try:
        check_report(report, grids, own_grids, lineage.says("report").source)
    except StudyError as error:
        raise StudyError(f"{error}{_remedy(lineage, 'report')}") from error
    return report


def check_claims_of(lineage: Lineage, own_grids: Sequence[Grid]) -> None:
    """Raises ``StudyError`` for a claim that does not fit the study's grids."""
    study, source = lineage.merged(), lineage.says("claims").source
    claims = study.claims
    try:
        check_claims(claims, list(own_grids), study.baselines, source)
        check_claim_names(claims, all_scale_names(lineage), source)
    except StudyError as error:
        raise StudyError(f"{error}{_remedy(lineage, 'claims')}") from error


def named_metrics(lineage: Lineage) -> Iterator[tuple[str, str]]:
    """Metrics that the study names, and the place of each. Those that a report has by default are not among them."""
    study = lineage.merged()
    for number, claim in enumerate(study.claims):
        for part, keys in parts_of(claim, ("claims", number)):
            if part.metric:
                yield part.metric, lineage.says("claims").source.locate((*keys, "metric"))
    if study.report:
        for keys, name in study.report.named("metric"):
            if keys[0] in study.report.model_fields_set:
                yield name, lineage.says("report").source.locate(("report", *keys))


def _remedy(lineage: Lineage, field: str) -> str:
    """The remedy if a field does not fit because another study has it; empty for the study's own field."""
    if lineage.says(field) is lineage.parts[0]:
        return ""
    return (
        f". This comes from a study that {lineage.path} extends: write {REMEDIES[field]} there, or {field} of its own"
    )
