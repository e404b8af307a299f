"""The command that opens MLflow."""

from typing import Annotated

import typer

from ablations.cli.options import console, told


def ui(
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 5000,
    host: Annotated[str, typer.Option("--host", help="Address to serve on; loopback by default.")] = "127.0.0.1",
) -> None:
    """Open the MLflow UI on the runs of this folder. Or on those of MLFLOW_TRACKING_URI, if that is set."""
    with told():
        from ablations.tracking.connection.ui import serve

        serve(host, port, console)
