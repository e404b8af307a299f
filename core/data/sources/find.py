"""Chooses the source that a data set's name means, and lists the images that a configuration asks for."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.config.data import PICTURES, DataConfig
from core.config.registry import imported
from core.data.catalog import (
    BUILT_IN_AS,
    DATA_SETS,
    PREFIX,
    DataSize,
    ImageFiles,
    Listing,
    check_own_size,
    is_built_in,
    is_own,
    is_unsplit,
)
from core.data.sources.arrays import CHANNELS, is_arrays, read_arrays
from core.data.sources.folders import list_folder, list_unsplit, split_by_name, split_size
from core.data.sources.found import TRAIN, Found
from core.data.sources.hugging_face import is_hugging_face, read_hugging_face
from core.data.sources.manifest import is_manifest, read_manifest
from core.data.sources.readable import Progress, without_unreadable
from core.data.sources.shards.parquet import is_parquet, read_parquet
from core.data.sources.shards.tar import is_tars, read_tars
from core.data.sources.unlabelled import list_unlabelled, with_unlabelled
from core.errors import DataError, MissingData

SHOWN = 5
"""Places of each problem that a message names; ``ablate data`` lists them all."""


@dataclass(frozen=True)
class Source:
    """A kind of source, other than folders of classes."""

    what: str
    """Name for people."""
    is_at: Callable[[Path], bool]
    """Whether there is one at a place, found without reading it."""
    read: Callable[[Path], Found]


SOURCES = (
    Source("Hugging Face dataset", is_hugging_face, read_hugging_face),
    Source("WebDataset tars", is_tars, read_tars),
    Source("Parquet shards", is_parquet, read_parquet),
    Source("manifest", is_manifest, read_manifest),
    Source("arrays", is_arrays, read_arrays),
)
"""Kinds of sources, in the order in which they are looked for."""


def source_at(root: Path) -> Source | None:
    """Return the kind of source at a place; None for folders of images."""
    return next((source for source in SOURCES if source.is_at(root)), None)


def data_size(config: DataConfig, data_dir: Path) -> DataSize:
    """Return the size of the data set after its subset is taken. Raises ``DataError`` as ``list_images`` does."""
    check_known(config)
    known = DATA_SETS.get(config.name)
    if known and (is_built_in(config.name) or config.fingerprint):
        size = split_size(known.size, config.split) if config.split is not None else known.size
    elif known and known.load:
        size = _own_size(config, data_dir)
    else:
        size = list_images(config, data_dir).size
    return size.reduced(config)


def _own_size(config: DataConfig, data_dir: Path) -> DataSize:
    """Return the size of a data set that the user's own function loads. Raises ``DataError`` where that fails."""
    from core.data.sets.registered import contents_of  # here, since PyTorch comes with it

    return contents_of(config, data_dir).size


def check_known(config: DataConfig) -> None:
    """Raise ``DataError`` where a setting of one's own images is given for a built-in data set."""
    if config.name not in DATA_SETS:
        return
    if is_unsplit(config.name) and config.split is None:
        raise DataError(f"{config.name} has no test images: data.split: 0.2 takes a fifth of each class for testing")
    if config.split is not None and not is_unsplit(config.name):
        raise DataError(f"data.split is for image folders, and {config.name} has its own test images; remove it")
    if config.fingerprint is not None and not is_own(config.name):
        raise DataError(f"data.fingerprint is for image folders, and {config.name} is known by its name; remove it")
    if config.unlabelled is not None:
        raise DataError(f"data.unlabelled is for images of your own, and {config.name} is built in; remove it")
    if config.unreadable != "refuse":
        raise DataError(f"data.unreadable is for images of your own, and {config.name} is built in; remove it")
    if config.channels not in PICTURES and not is_own(config.name):
        raise DataError(f"data.channels is {config.channels}, and {config.name} has 3; take 3, or 1 for gray")


def check_channels(channels: int, root: Path, found: Found | None) -> None:
    """Raise ``DataError`` where the images of a source cannot be read with so many channels. ``found`` is None for a
    folder of image files."""
    own = found.channels if found else None
    if own is None and channels not in PICTURES:
        raise DataError(
            f"data.channels is {channels}, and {root} has pictures, which are read with 3, or 1 for gray; write other "
            "images as arrays (.npz, .npy)"
        )
    if own is not None and channels != own and not (own in CHANNELS and channels in PICTURES):
        raise DataError(f"data.channels is {channels}, and images of {root} have {own}; write data.channels: {own}")


def list_images(config: DataConfig, data_dir: Path, progress: Progress = lambda task, done, total: None) -> ImageFiles:
    """List the images of a configuration. If those that do not decode are skipped, all are read once.

    Raises ``MissingData`` where there are none, ``DataError`` where they are not as they should be.
    """
    if config.name in DATA_SETS:
        files = _known(config.name, data_dir)
        if config.split is None:
            return files
        return split_by_name(files.name, files.classes, files.train, config.split, config.split_seed)
    _check_torchvision(config.name)
    root = data_dir / config.name
    source = source_at(root)
    try:
        if source:
            found = source.read(root)
            check_channels(config.channels, root, found)
            files = _files(config, root, source, found)
        else:
            check_channels(config.channels, root, None)
            found, files = None, _folders(config, root)
    except MissingData as error:
        raise MissingData(f"{error}; built-in names are {', '.join(DATA_SETS)}") from error
    if config.unlabelled is not None:
        files = with_unlabelled(files, _unlabelled(config, root, data_dir, found))
    return without_unreadable(files, progress, config.channels) if config.unreadable == "skip" else files


def _known(name: str, data_dir: Path) -> ImageFiles:
    """The images of a data set that has a name of its own and consists of files."""
    code = DATA_SETS[name].files
    assert code is not None
    found: ImageFiles = imported(code)(name, data_dir)
    if is_own(name):
        check_own_size(name, found.size)
    return found


def _check_torchvision(name: str) -> None:
    """Raise ``DataError`` for a set that is named after a class of torchvision which is not known by that name."""
    if not name.startswith(PREFIX):
        return
    kind = name.removeprefix(PREFIX)
    if kind in BUILT_IN_AS:
        raise DataError(f"{name} is {BUILT_IN_AS[kind]} here; write that")
    known = ", ".join(one for one in DATA_SETS if one.startswith(PREFIX))
    raise DataError(
        f"{name} is not among {known}; make its images a folder <data_dir>/{kind.lower()}/<class>/*, and write "
        f"{kind.lower()} with data.split: 0.2"
    )


def _folders(config: DataConfig, root: Path) -> ImageFiles:
    if config.unlabelled and (root / config.unlabelled).is_dir() and not (root / TRAIN).is_dir() and not config.split:
        return ImageFiles(root.name, (), (), ())  # it has images without labels only
    return list_folder(root) if config.split is None else list_unsplit(root, config.split, config.split_seed)


def _files(config: DataConfig, root: Path, source: Source, found: Found) -> ImageFiles:
    """The images of a source with a split of its own, or with that of the configuration."""
    if found.problems:
        raise DataError(f"{root}: {problems_text(found)}; 'ablate data {root.name}' lists all")
    if found.is_split:
        if config.split is not None:
            raise DataError(f"{root} says itself which images are for testing; remove data.split")
        if found.test_name is None:
            raise DataError(f"{root} has training images and no test images; add them as test or val")
        train, test = found.splits[TRAIN], found.splits[found.test_name]
        _check_classes(root, found.classes, train, test)
        return ImageFiles(root.name, found.classes, train, test)
    if config.unlabelled in found.splits:
        return ImageFiles(root.name, (), (), ())  # it has images without labels only
    if "" not in found.splits:
        raise DataError(f"{root}: its splits are {', '.join(found.splits)}, and none of them is {TRAIN}; rename one")
    if config.split is None:
        raise DataError(f"{root} has no split: data.split: 0.2 takes a fifth of each class for testing")
    return split_by_name(root.name, found.classes, found.splits[""], config.split, config.split_seed)


def _check_classes(root: Path, classes: tuple[str, ...], train: Listing, test: Listing) -> None:
    """Raise ``DataError`` where a test class has no training image."""
    only_tested = {label for _, label in test} - {label for _, label in train}
    if lost := [name for number, name in enumerate(classes) if number in only_tested]:
        names = ", ".join(lost[:SHOWN])
        raise DataError(f"{root}: test classes that are not in train ({names}); add training images, or remove them")


def problems_text(found: Found) -> str:
    """All problems of a source in one sentence."""
    texts = []
    for kind, places in found.problems.items():
        more = f" and {len(places) - SHOWN:,} more" if len(places) > SHOWN else ""
        texts.append(f"{kind} ({', '.join(places[:SHOWN])}{more})")
    return "; ".join(texts)


def _unlabelled(config: DataConfig, root: Path, data_dir: Path, found: Found | None) -> Listing:
    """The images of a further split of the source, or of another data set."""
    name = str(config.unlabelled)
    if found and name in found.splits:
        return found.splits[name]
    if (root / name).is_dir():
        return list_unlabelled(root / name)
    other = data_dir / name
    if source := source_at(other):
        others = source.read(other)
        check_channels(config.channels, other, others)
        return tuple(image for split in others.splits.values() for image in split)
    if not other.is_dir():
        raise MissingData(f"data.unlabelled is {name}, and there is neither {root / name} nor {other}")
    check_channels(config.channels, other, None)
    return list_unlabelled(other)
