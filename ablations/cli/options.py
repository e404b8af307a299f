"""Options and consoles that all commands share, and how errors are printed."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ablations.cli import completion
from ablations.cli.invocation import again
from ablations.store.locations import location
from ablations.types.console import WordConsole
from ablations.types.errors import AblateError, StudiesError, StudyError, place_error, storage_error
from ablations.types.redaction import without_secrets

if TYPE_CHECKING:
    from ablations.cli.json_documents.document import Document
    from ablations.store.trial_store import TrialStore
    from ablations.study.own_code.uses import CodeOptions
    from core.config.own_code import OwnCode
    from core.remote import AnyPath
else:
    AnyPath = object  # typer takes no union; the option's parser says what it becomes

FAILED_TRIALS = 1
"""Exit code of a run with trials that failed or did not end."""
INTERRUPTED = 130
"""Exit code after Ctrl-C."""
WIDE = 200
"""Columns of a pipe or a file."""

console = WordConsole(width=None if sys.stdout.isatty() else WIDE)
errors = WordConsole(stderr=True)
SILENT = WordConsole(quiet=True)


@contextmanager
def told() -> Iterator[None]:
    """Print errors as sentences, and exit with their codes."""
    try:
        yield
    except AblateError as error:
        errors.print(without_secrets(str(error)), style="red")
        if isinstance(error, StudiesError):
            print_without(error.studies)
        raise typer.Exit(error.exit_code) from None
    except OSError as error:
        if not (known := storage_error(error, Path.cwd()) or place_error(error)):
            raise
        errors.print(without_secrets(str(known)), style="red")
        raise typer.Exit(known.exit_code) from None
    except KeyboardInterrupt:
        message = f"\nInterrupted. Finished results are kept; continue with\n    {again(*sys.argv[1:])}"
        errors.print(message)
        raise typer.Exit(INTERRUPTED) from None
    if console.failed:
        errors.print(
            f"standard output: {console.failed}; what was to be printed is lost, and results are kept", style="red"
        )
        raise typer.Exit(AblateError.exit_code)


def print_without(studies: Iterable[str]) -> None:
    """Print how this command leaves studies of a collection out."""
    from ablations.study.collection import without_options

    told = again(*sys.argv[1:], *without_options(studies))
    errors.print(f"the others alone:\n    {told}", highlight=False, soft_wrap=True)


def parse_location(text: str) -> AnyPath:
    """The value of an option that takes a path or a URI."""
    with told():
        return location(text)


LOCATION = "PATH|URI"
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON document on stdout, everything else on stderr.")]
DataOption = Annotated[
    AnyPath,
    typer.Option(
        "--data-dir",
        envvar="ABLATE_DATA_DIR",
        metavar=LOCATION,
        parser=parse_location,
        help="Folder of image folders and downloads.",
    ),
]
StorageOption = Annotated[
    AnyPath,
    typer.Option(
        "--storage",
        envvar="ABLATE_STORAGE",
        metavar=LOCATION,
        parser=parse_location,
        help="Folder that keeps encoders, results and reports.",
    ),
]


StudyArgument = Annotated[
    str,
    typer.Argument(
        metavar="STUDY",
        help="A study file, or the name of a study; see list. Or a collection of studies, such as paper.",
        autocompletion=completion.studies,
    ),
]
ScaleOption = Annotated[
    str | None,
    typer.Option("--scale", help="quick (default), laptop, cifar10 or imagenet.", autocompletion=completion.scales),
]
SeedsOption = Annotated[int | None, typer.Option("--seeds", min=1, max=1000, help="Number of seeds, from 0.")]
InlineOption = Annotated[bool, typer.Option("--inline", help="Run in this process, without Ray.")]
AddressOption = Annotated[
    str, typer.Option("--address", help="Address of a running Ray cluster: auto, host:port or ray://host:port.")
]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="PATH=VALUE",
        help="Override a setting, an axis' values or what a trial occupies (resources.gpu=0.25); repeatable.",
        autocompletion=completion.assignments,
    ),
]
UseOption = Annotated[
    list[str] | None,
    typer.Option(
        "--use",
        metavar="FILE|package:NAME",
        help="Python file, or installed package, that registers parts of your own; repeatable.",
    ),
]
WithoutOption = Annotated[
    list[str] | None,
    typer.Option(
        "--without",
        metavar="STUDY",
        help="Leave a study out of a collection; repeatable.",
        autocompletion=completion.studies,
    ),
]
NoCodeOption = Annotated[
    bool, typer.Option("--no-code", help="Refuse a study that uses code of its own, before any is run.")
]


def print_document(document: "Document") -> None:
    """Print a JSON document whole, in ASCII and without colours."""
    console.whole(document.model_dump_json(indent=2, ensure_ascii=True))


def code_options(use: list[str] | None, no_code: bool, storage: AnyPath | None = None) -> "CodeOptions":
    """The user's files to run. Files that are gone come from ``storage``, for commands that only look."""
    from ablations.study.own_code.packages import PREFIX
    from ablations.study.own_code.uses import CodeOptions

    def kept(entry: str) -> "OwnCode | None":
        from ablations.store.kept_code import kept_codes

        found = kept_codes(storage, entry) if storage is not None else []
        found = [code for code in found if not code.file.startswith(PREFIX)]  # a package is not run from a copy
        if found:
            errors.print(f"note: {found[0].file} is not there; this is the storage's copy, {found[0]}", style="yellow")
        return next(iter(found), None)

    return CodeOptions(tuple(use or ()), not no_code, kept)


def check_there(storage: AnyPath) -> None:
    """Raises ``StudyError`` if there is no such storage, for commands that would find an empty one at a mistyped
    place."""
    if not storage.exists():
        raise StudyError(f"{storage}: there is no such storage")


def open_store(storage: AnyPath) -> "TrialStore":
    """The store; prints on stderr what had to be moved. Raises ``StudyError``; see ``store.upkeep.migration``."""
    from ablations.store.upkeep import migration

    return migration.open_store(storage, lambda text: errors.print(text))
