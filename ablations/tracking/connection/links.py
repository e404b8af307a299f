"""Addresses of runs on MLflow's pages, for the pages of reports. No credentials of a tracking URI get there."""

from urllib.parse import urlsplit

from ablations.tracking.content.views import WORKFLOW
from ablations.types.redaction import without_secrets
from reports.study_report import RunPages

LOCAL = "http://127.0.0.1:5000"
"""Address at which ``ablate ui`` serves a database."""
WHILE_SERVED = "Links to MLflow work on the machine of the run, while 'ablate ui' is running in its folder."


def run_pages(tracking_uri: str, experiment_id: str, run_id: str) -> RunPages | None:
    """The page of a study's run; None if it is not known where the store of the runs has its pages."""
    if tracking_uri.startswith("databricks"):
        return None
    server, note = LOCAL, WHILE_SERVED
    parts = urlsplit(without_secrets(tracking_uri))
    if parts.scheme in ("http", "https"):
        server = parts._replace(query="", fragment="").geturl().rstrip("/")
        note = ""
    return RunPages(f"{server}/#/experiments/{experiment_id}/runs/", run_id, note, f"?{WORKFLOW}")
