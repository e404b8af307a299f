"""Images in NumPy arrays: one ``.npz`` file, or a folder of ``.npy`` files.

Arrays are read without pickle, so that no file can run code.
"""

import itertools
import zipfile
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from PIL import Image

from core.data.catalog import NO_LABEL, Listing
from core.data.sources.found import SPLIT_WORDS, TESTS, TRAIN, WITHOUT_LABELS, Found, class_names
from core.data.sources.inside import place_inside
from core.errors import DataError

if TYPE_CHECKING:
    import numpy as np

IMAGES = ("x", "images", "data")
LABELS = ("y", "labels", "targets")
"""Names of the arrays, alone or with a split: ``x_train``, ``train_images``, ``images``."""
CLASSES = ("classes", "class_names")
"""Names of an array with the names of the classes, in the order of their numbers."""
CHANNELS = (1, 3, 4)
"""Numbers of channels that are those of a picture: gray, colours, and colours with transparency."""


def is_arrays(root: Path) -> bool:
    """Whether it is an ``.npz`` file, or a folder with ``.npy`` files and no folder ``train``."""
    return (root.suffix == ".npz" and root.is_file()) or (
        not (root / TRAIN).is_dir() and any(_split_of(path.stem, IMAGES) is not None for path in root.glob("*.npy"))
    )


def read_arrays(root: Path) -> Found:
    """List the images of the arrays. Raises ``DataError`` where names, shapes or types are not as they should be."""
    arrays = _names(root)
    pairs = {split: (name, _labels_name(name, arrays)) for split, name in _splits(root, arrays).items()}
    labels = {split: _labels(root, split, *pair) for split, pair in pairs.items()}
    named = next((name for name in CLASSES if name in arrays), None)
    classes = tuple(map(str, _array(root, named))) if named else class_names(itertools.chain(*labels.values()))
    numbers = {name: number for number, name in enumerate(classes)} | {"": NO_LABEL}
    if named:
        numbers |= {str(number): number for number in range(len(classes))}
    splits: dict[str, Listing] = {}
    for split, (images, _) in pairs.items():
        if unknown := sorted(set(labels[split]) - set(numbers)):
            raise DataError(f"{root}: {split} has the label {unknown[0]}, and {named} has {len(classes)} names")
        splits[split] = tuple(
            (place_inside(*_place(root, images), number), numbers[label]) for number, label in enumerate(labels[split])
        )
    return Found(classes, splits, channels=_channels(root, pairs))


def array_image(container: Path, inside: str) -> Image.Image:
    """Return one image of an array. Gray images keep their 16 bits or floating-point values, see ``as_rgb``; of colours
    with 16 bits the high byte is taken. Raises ``ValueError`` for values that are no image's."""
    import numpy as np

    values = _values(container, inside)
    if values.ndim == 3 and values.shape[-1] == 1:
        values = values[..., 0]
    if values.dtype == bool:
        values = values * np.uint8(255)
    if values.ndim == 3 and values.dtype == np.uint16:
        values = (values >> 8).astype(np.uint8)
    if values.dtype.kind == "f":
        values = values.astype(np.float32)
        if values.ndim == 3:
            values = _bytes(values)
    return Image.fromarray(np.ascontiguousarray(values))


def array_channels(container: Path, inside: str, channels: int) -> "np.ndarray":
    """Return one image of an array as uint8 (channels, H, W): of 16 bits the high byte, floating-point values from 0 to
    1. Raises ``ValueError`` for other values, and for another number of channels."""
    import numpy as np

    values = _values(container, inside)
    values = (values[..., None] if values.ndim == 2 else values).transpose(2, 0, 1)
    if len(values) != channels:
        raise ValueError(f"it has {len(values)} channels, and data.channels is {channels}")
    if values.dtype == bool:
        values = values * np.uint8(255)
    elif values.dtype == np.uint16:
        values = (values >> 8).astype(np.uint8)
    elif values.dtype.kind == "f":
        values = _bytes(values)
    return np.ascontiguousarray(values)


def _values(container: Path, inside: str) -> "np.ndarray":
    """One image as it is stored, (H, W) or (H, W, channels)."""
    import numpy as np

    name, _, number = inside.rpartition("/")
    values = np.asarray(_array_of(container, name, container.stat().st_mtime_ns)[int(number)])
    return values if values.ndim == 2 or channels_last(values.shape) else values.transpose(1, 2, 0)


def channels_last(shape: tuple[int, ...]) -> bool:
    """Return whether the channels of images (..., A, B, C) are C and not A: the one that is 1, 3 or 4, else the smaller
    one."""
    first, last = shape[-3], shape[-1]
    return last in CHANNELS or (first not in CHANNELS and last <= first)


def _channels(root: Path, pairs: Mapping[str, tuple[str, str | None]]) -> int | None:
    """The number of channels that all images have; None for pictures of several numbers."""
    found: dict[int, str] = {}
    for name, _ in pairs.values():
        shape, _ = _header(root, name)
        count = 1 if len(shape) == 3 else shape[-1] if channels_last(shape) else shape[1]
        found.setdefault(count, name)
    if len(found) > 1 and not set(found) <= set(CHANNELS):
        told = " and ".join(f"{name} has {count} channels" for count, name in found.items())
        raise DataError(f"{root}: {told}; give all images as many")
    return next(iter(found)) if len(found) == 1 else None


def _bytes(values: "np.ndarray") -> "np.ndarray":
    import numpy as np

    if not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(f"floating-point values are from 0 to 1, and these are {values.min():g} to {values.max():g}")
    return np.rint(255 * values).astype(np.uint8)  # type: ignore[no-any-return]


def _splits(root: Path, arrays: list[str]) -> dict[str, str]:
    """Name of the array of images by split."""
    found: dict[str, str] = {}
    for name in arrays:
        split = _split_of(name, IMAGES)
        if split is None:
            continue
        if split in found:
            raise DataError(f"{root}: {found[split]} and {name} are both images of {split or 'one set'}; remove one")
        found[split] = name
    if not found:
        raise DataError(
            f"{root} has the arrays {', '.join(arrays) or 'of no name'}; call them x_train, y_train, x_test and y_test"
        )
    if "" in found and len(found) > 1:
        others = ", ".join(filter(None, found))
        raise DataError(f"{root}: {found['']} is of no split beside those of {others}; rename it")
    for name in found.values():
        _check_images(root, name)
    return found


def _split_of(name: str, kinds: tuple[str, ...]) -> str | None:
    """The split that an array of one of these kinds is of; None for another array."""
    words = name.lower().split("_")
    split = next((word for word in words if word in SPLIT_WORDS or word in WITHOUT_LABELS), "")
    rest = "_".join(word for word in words if word != split)
    return SPLIT_WORDS.get(split, split) if rest in kinds else None


def _labels_name(images: str, arrays: list[str]) -> str | None:
    split = _split_of(images, IMAGES)
    return next((name for name in arrays if _split_of(name, LABELS) == split), None)


def _labels(root: Path, split: str, images: str, name: str | None) -> list[str]:
    """The label of each image of a split as text; empty where there is none."""
    count = _header(root, images)[0][0]
    if name is None:
        if split in (TRAIN, *TESTS, ""):
            raise DataError(f"{root}: {images} has no labels beside it; add {images.lower().replace('x', 'y', 1)}")
        return [""] * count
    labels = _array(root, name)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.shape != (count,) or labels.dtype.kind not in "iubUS":
        raise DataError(
            f"{root}: {name} is {labels.dtype} {labels.shape}; it should have a whole number or a name for each of the "
            f"{count:,} images of {images}"
        )
    if labels.dtype.kind == "S":
        labels = labels.astype(str)
    return ["" if one == str(NO_LABEL) else one for one in map(str, labels.tolist())]


def _check_images(root: Path, name: str) -> None:
    shape, dtype = _header(root, name)
    if len(shape) not in (3, 4) or dtype.kind not in "ufb" or (dtype.itemsize > 2 and dtype.kind == "u"):
        raise DataError(
            f"{root}: {name} is {dtype} {shape}; images are uint8, uint16, or floats from 0 to 1, with the shape "
            "(images, height, width) or (images, height, width, channels)"
        )


def _names(root: Path) -> list[str]:
    if root.is_dir():
        return sorted(path.stem for path in root.glob("*.npy") if not path.name.startswith("."))
    try:
        with zipfile.ZipFile(root) as archive:
            return sorted(name.removesuffix(".npy") for name in archive.namelist() if name.endswith(".npy"))
    except (OSError, zipfile.BadZipFile) as error:
        raise DataError(f"{root}: cannot be read ({error}); write it again with numpy.savez") from error


def _place(root: Path, name: str) -> tuple[Path, str]:
    """The file that has an array, and the array's name inside of it."""
    return (root / f"{name}.npy", "all") if root.is_dir() else (root, name)


def _array(root: Path, name: str) -> "np.ndarray":
    container, inside = _place(root, name)
    return _array_of(container, inside, container.stat().st_mtime_ns)


def _header(root: Path, name: str) -> tuple[tuple[int, ...], "np.dtype[Any]"]:
    """Shape and type of an array, which is not read."""
    container, inside = _place(root, name)
    if root.is_dir():
        with container.open("rb") as file:
            return _read_header(root, name, file)
    with zipfile.ZipFile(container) as archive, archive.open(f"{inside}.npy") as member:
        return _read_header(root, name, member)  # type: ignore[arg-type]


def _read_header(root: Path, name: str, file: BinaryIO) -> tuple[tuple[int, ...], "np.dtype[Any]"]:
    from numpy.lib import format as npy

    try:
        version = npy.read_magic(file)
        shape, _, dtype = (npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0)(file)
    except ValueError as error:
        raise DataError(f"{root}: {name} cannot be read ({error}); write it again with numpy.savez") from error
    if dtype.hasobject:
        raise DataError(f"{root}: {name} holds Python objects, which are not read; write it as a plain array")
    return shape, dtype


@lru_cache(maxsize=8)
def _array_of(path: Path, name: str, changed: int) -> "np.ndarray":
    """Return an array of a file that was last changed at this time: mapped into memory from an ``.npy`` file."""
    import numpy as np

    try:
        if path.suffix == ".npy":
            return np.load(path, mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]
        with np.load(path, allow_pickle=False) as arrays:
            return arrays[name]  # type: ignore[no-any-return]
    except ValueError as error:
        raise DataError(f"{path}: {name} cannot be read ({error}); write it as a plain array") from error
