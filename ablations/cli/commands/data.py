"""The command that checks images of one's own, and gets data sets of torchvision."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from ablations.cli.options import LOCATION, DataOption, console, errors, parse_location, told
from ablations.cli.tables import FEW_CLASSES, classes_text, set_lines
from ablations.store.locations import DEFAULT_DATA
from ablations.types.errors import StudyError
from core.config.data import COLORS, Unreadable
from core.remote import AnyPath

if TYPE_CHECKING:
    from core import DataConfig
    from core.data.sources.finding import DataCheck, Finding

UNFIT = 2
"""Exit code for images that no training can use as they are."""
FEW = 5
"""Places that are listed of what is only noted; of what is refused, all are."""
NOTE = "yellow"

SplitOption = Annotated[
    float | None,
    typer.Option("--split", min=0, max=1, help="Share of each class for testing, as data.split, where there is none."),
]
SplitSeedOption = Annotated[int, typer.Option("--split-seed", min=0, help="Seed of that split, as data.split_seed.")]
UnlabelledOption = Annotated[
    str | None,
    typer.Option("--unlabelled", metavar="NAME", help="Images without labels to train on too, as data.unlabelled."),
]
UnreadableOption = Annotated[
    Unreadable, typer.Option("--unreadable", help="What is done with images that do not decode, as data.unreadable.")
]
ChannelsOption = Annotated[
    int, typer.Option("--channels", min=1, help="Channels of every image, as data.channels: 1 for gray.")
]
NoteOption = Annotated[
    str,
    typer.Option(
        "--storage",
        metavar=LOCATION,
        help="Storage that gets a note of the fingerprint, for a plan on a machine without the images.",
    ),
]
SourceArgument = Annotated[
    str, typer.Argument(metavar="NAME", help="Name of an image folder, manifest or the like in --data-dir.")
]
DownloadOption = Annotated[
    bool, typer.Option("--download", help="Download a data set of torchvision, such as torchvision:SVHN.")
]


def data(
    name: SourceArgument,
    split: SplitOption = None,
    split_seed: SplitSeedOption = 0,
    unlabelled: UnlabelledOption = None,
    unreadable: UnreadableOption = "refuse",
    channels: ChannelsOption = COLORS,
    data_dir: DataOption = DEFAULT_DATA,
    storage: NoteOption = "",
    download: DownloadOption = False,
) -> None:
    """Check images of your own: what there is, their fingerprint, and everything that is wrong. Reads every image."""
    with told():
        from ablations.store.data_copies import local_images
        from core import DataError
        from core.data.catalog import DATA_SETS
        from core.data.sources.check import check_images

        if download:
            _download(name, data_dir)
            return
        if name in DATA_SETS:
            raise StudyError(f"{name} is built-in data; 'ablate data' checks images of your own")
        config = _config(
            name=name,
            split=split,
            split_seed=split_seed,
            unlabelled=unlabelled,
            unreadable=unreadable,
            channels=channels,
        )
        root = local_images(config, data_dir, console.print, fresh=True) / name
        columns = TextColumn("reading images"), BarColumn(), MofNCompleteColumn()
        with Progress(*columns, console=errors, transient=True, disable=not errors.is_terminal) as bar:
            task = bar.add_task("")
            try:
                check = check_images(
                    root, lambda done, total: bar.update(task, completed=done, total=total), unlabelled, channels
                )
            except DataError as error:
                raise StudyError(f"data: {error}") from error
        if unreadable == "skip":
            check = check.skipping_undecoded()
        console.print(f"{name}: {check.what} at {root}")
        _print(check, split is not None)
        if not check.refused and ("" not in check.splits or split or unlabelled):
            noted_in = parse_location(storage) if storage else None
            _print_fingerprint(config, data_dir, noted_in)
    if check.refused:
        raise typer.Exit(UNFIT)


def _print_fingerprint(config: "DataConfig", data_dir: AnyPath, storage: AnyPath | None) -> None:
    """Print the fingerprint, and keep a note of it if a storage is given."""
    from ablations.store.own_images.notes import folder_note, save_notes
    from core import DataConfig, DataError

    try:
        note = folder_note(config, data_dir, storage)
    except DataError as error:
        raise StudyError(f"data: {error}") from error
    if note is None:
        return
    if config != DataConfig(name=config.name):
        for line in set_lines(config, note.size):
            console.print(line, highlight=False)
    console.print(f"fingerprint {note.fingerprint}", highlight=False)
    if storage is not None:
        save_notes(storage, [note])
        console.print(f"noted in {storage}", highlight=False)


def _download(name: str, data_dir: AnyPath) -> None:
    from core import DataError
    from core.data.catalog import DATA_SETS, PREFIX

    known = [one for one in DATA_SETS if one.startswith(PREFIX)]
    if name not in known:
        raise StudyError(f"--download is for {', '.join(known)}; other built-in data is downloaded when it is used")
    if not isinstance(data_dir, Path):
        raise StudyError(f"--data-dir {data_dir} is no folder of this machine; download to one, and copy it there")
    from core.data.sets.torchvision_sets import download  # here, since torchvision takes seconds to import

    try:
        download(name, data_dir)
    except DataError as error:
        raise StudyError(f"data: {error}") from error
    console.print(f"{name} is in {data_dir.resolve()}")


def _config(**values: Any) -> "DataConfig":
    """The data set of these settings. Raises ``StudyError`` for a value that no study may have."""
    from core import DataConfig

    try:
        return DataConfig(**values)
    except ValidationError as error:
        problem = error.errors()[0]
        raise StudyError(f"data.{problem['loc'][0]}: {problem['input']!r}: {problem['msg']}") from error


def _print(check: "DataCheck", is_split: bool) -> None:
    for split, counts in check.splits.items():
        console.print(_counts_line(split, counts))
        if counts and "" not in counts and len(counts) <= FEW_CLASSES:
            console.print(f"       {classes_text(counts)}", style="dim")
    if "" in check.splits and not is_split:
        console.print("no test split: set data.split: 0.2, or make the folders train and test", style=NOTE)
    for finding in check.findings:
        _print_finding(finding)
    if not check.findings:
        console.print("nothing is wrong with it")


def _counts_line(split: str, counts: dict[str, int]) -> str:
    if set(counts) == {""}:
        return f"{split:6} {counts['']:,} images without a label"
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
