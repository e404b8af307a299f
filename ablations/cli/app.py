"""The program ``ablate``: its commands, in the order in which ``--help`` lists them.

Nothing heavy is imported before the arguments and the study are known to be good.
"""

import os
from typing import Annotated

import typer

from ablations.cli.commands import data, encoders, files, storage, studies
from ablations.cli.commands.doctor import doctor
from ablations.cli.commands.run import run
from ablations.cli.commands.ui import ui
from ablations.cli.commands.verify import verify
from ablations.cli.options import console

app = typer.Typer(
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def print_version(wanted: bool) -> None:
    """Print the version and end, if ``--version`` is given."""
    if wanted:
        from ablations.tracking.provenance import package_version

        console.print(f"ablate {package_version()}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version and exit.")
]


@app.callback()
def options(version: VersionOption = False) -> None:
    """Ablations of contrastive learning: studies in, the paper's figures out."""


app.command()(run)
app.command()(studies.plan)
app.command()(studies.status)
app.command()(studies.report)
app.command()(ui)
app.command("list")(studies.list_studies)
app.command()(files.new)
app.command()(data.data)
app.command()(storage.show)
app.command()(storage.look)
app.command()(encoders.export)
app.command()(encoders.rescore)
app.command()(storage.diff)
app.command()(storage.rm)
app.command()(storage.gc)
app.command()(verify)
app.command()(doctor)
app.command()(files.schema)


def main() -> None:
    """The entry point of ``ablate``."""
    os.environ["MPLBACKEND"] = "agg"  # figures are files here, whatever a shell or a notebook has set
    app()
