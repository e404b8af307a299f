"""The command that checks a folder of images."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ablations.cli.options import LOCATION, DataOption, console, errors, parse_location, told
from ablations.store.locations import DEFAULT_DATA
from ablations.types.errors import StudyError
from core.remote import AnyPath

if TYPE_CHECKING:
    from core import DataConfig
    from core.data.check import Finding, FolderCheck

UNFIT = 2
"""Exit code for a folder that no training can use as it is."""
FEW = 5
"""Places that are listed of what is only noted; of what is refused, all are."""
NOTE = "yellow"

SplitOption = Annotated[
    float | None,
    typer.Option("--split", min=0, max=1, help="Share of each class for testing, as data.split, where there is none."),
]
NoteOption = Annotated[
    str,
    typer.Option(
        "--storage",
        metavar=LOCATION,
        help="Storage that gets a note of the fingerprint, for a plan on a machine without the images.",
    ),
]
FolderArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of an image folder in --data-dir.")]


def data(
    name: FolderArgument, split: SplitOption = None, data_dir: DataOption = DEFAULT_DATA, storage: NoteOption = ""
) -> None:
    """Check an image folder: what it has, its fingerprint, and everything that is wrong with it. Reads every image."""
    with told():
        from ablations.store.data_copies import local_data
        from core import DataConfig, DataError
        from core.data.catalog import DATA_SETS
        from core.data.check import check_folder

        if name in DATA_SETS:
            raise StudyError(f"{name} is built-in data; 'ablate data' checks an image folder of your own")
        root = local_data(name, data_dir, console.print, fresh=True) / name
        columns = TextColumn("reading images"), BarColumn(), MofNCompleteColumn()
        with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
            task = bar.add_task("")
            try:
                check = check_folder(root, lambda done, total: bar.update(task, completed=done, total=total))
            except DataError as error:
                raise StudyError(f"data: {error}") from error
        console.print(f"{name}: {root}")
        _print(check)
        if not check.refused and ("" not in check.splits or split):
            root = parse_location(storage) if storage else None
            _print_fingerprint(DataConfig(name=name, split=split), data_dir, root)
    if check.refused:
        raise typer.Exit(UNFIT)


def _print_fingerprint(config: "DataConfig", data_dir: AnyPath, storage: AnyPath | None) -> None:
    """Print the fingerprint, and keep a note of it if a storage is given."""
    from ablations.store.own_images.notes import folder_note, save_notes

    note = folder_note(config, data_dir, storage)
    if note is None:
        return
    console.print(f"fingerprint {note.fingerprint}", highlight=False)
    if storage is not None:
        save_notes(storage, [note])
        console.print(f"noted in {storage}", highlight=False)


def _print(check: "FolderCheck") -> None:
    for split, counts in check.splits.items():
        console.print(_counts_line(split, counts))
    if "" in check.splits:
        console.print("no test split: set data.split: 0.2, or make the folders train and test", style=NOTE)
    for finding in check.findings:
        _print_finding(finding)
    if not check.findings:
        console.print("nothing is wrong with it")


def _counts_line(split: str, counts: dict[str, int]) -> str:
    classes = "1 class" if len(counts) == 1 else f"{len(counts):,} classes"
    ends = dict.fromkeys((min(counts.values()), max(counts.values()))) if counts else {}
    spread = f", {' to '.join(f'{end:,}' for end in ends)} of each" if ends else ""
    return f"{split or 'all':6} {sum(counts.values()):,} images of {classes}{spread}"


def _print_finding(finding: "Finding") -> None:
    style = "red" if finding.refused else NOTE
    word = "refused" if finding.refused else "note"
    console.print(f"{word}: {finding.kind} ({len(finding.places):,}); {finding.remedy}", style=style)
    shown = finding.places if finding.refused else finding.places[:FEW]
    for place in shown:
        console.print(f"    {place}")
    if more := len(finding.places) - len(shown):
        console.print(f"    and {more:,} more")
