"""What all commands share: where they print, where they keep things, how they tell errors."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from ablations.errors import AblateError, of_storage
from ablations.invocation import again
from ablations.places import place
from ablations.redaction import without_secrets

if TYPE_CHECKING:
    from ablations.documents import Document
    from ablations.run import Outcome
    from ablations.store import TrialStore
    from core.remote import AnyPath
else:
    AnyPath = object  # typer takes no union; what an option becomes, its parser says

INTERRUPTED = 130
WIDE = 200
"""Columns of a pipe or a file, where tables are not to be cut."""

console = Console(soft_wrap=True, markup=False, width=None if sys.stdout.isatty() else WIDE)
errors = Console(stderr=True, soft_wrap=True, markup=False)
SILENT = Console(quiet=True)


@contextmanager
def told() -> Iterator[None]:
    """Errors as sentences, with their exit codes."""
    try:
        yield
    except AblateError as error:
        errors.print(without_secrets(str(error)), style="red", highlight=False)
        raise typer.Exit(error.exit_code) from None
    except OSError as error:
        if not (known := of_storage(error, Path.cwd())):
            raise
        errors.print(without_secrets(str(known)), style="red", highlight=False)
        raise typer.Exit(known.exit_code) from None
    except KeyboardInterrupt:
        message = f"\nInterrupted. What is finished is kept; continue with\n    {again(*sys.argv[1:])}"
        errors.print(message, highlight=False)
        raise typer.Exit(INTERRUPTED) from None


def told_place(text: str) -> AnyPath:
    """Of an option."""
    with told():
        return place(text)


PLACE = "PATH|URI"
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
DataOption = Annotated[
    AnyPath,
    typer.Option(
        "--data-dir",
        envvar="ABLATE_DATA_DIR",
        metavar=PLACE,
        parser=told_place,
        help="Where image folders and downloads are.",
    ),
]
DEFAULT_DATA = Path("data")
StorageOption = Annotated[
    AnyPath,
    typer.Option(
        "--storage",
        envvar="ABLATE_STORAGE",
        metavar=PLACE,
        parser=told_place,
        help="Where encoders, results and reports are kept.",
    ),
]
DEFAULT_STORAGE = Path("runs")


def print_document(document: "Document") -> None:
    """For machines: whole, in ASCII, and never coloured."""
    typer.echo(document.model_dump_json(indent=2, ensure_ascii=True))


def print_trouble(outcomes: "Iterable[Outcome]", storage: AnyPath) -> None:
    """What is said of a run that says nothing else, each trial once."""
    from ablations.store import TrialStore

    store, outcomes = TrialStore(storage), list(outcomes)
    for trial_id, state in {key: state for one in outcomes for key, state in one.states.items()}.items():
        if state == "failed" and (result := store.result(trial_id)):
            errors.print(f"{trial_id}: failed: {result.error}", highlight=False)
        elif state in ("waiting", "running"):
            errors.print(f"{trial_id}: came to no end; run it again", highlight=False)
    if any(one.drawn is None for one in outcomes):
        errors.print("MLflow does not answer, so nothing was drawn; running it again logs and draws", highlight=False)


def open_store(storage: AnyPath) -> "TrialStore":
    """Says on stderr what had to be moved. Raises ``StudyError``; see ``ablations.migration``."""
    from ablations import migration

    return migration.open_store(storage, lambda text: errors.print(text, highlight=False))
