"""Checksums that distributors publish of their data sets, as torchvision has them.

The files that are checked are those that are read: batches, arrays and lists of labels. There are no checksums of image
files that were unpacked. MNIST and its like are read from unpacked files, which are compared with the archives beside
them: a gzip file ends with the CRC-32 of its content.
"""

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from torchvision import datasets

from core.errors import DataError

BLOCK = 2**20
"""Bytes that are read at once."""
TRAILER = slice(-8, -4)
"""Place of the CRC-32 in a gzip file (RFC 1952)."""
GZIP = ".gz"


def check_published(name: str, data_dir: Path) -> bool:
    """Compare the files of a data set with their published checksums, and return whether all are there.

    A set without published checksums has no file to compare. Raises ``DataError`` where a file is another one.
    """
    complete = True
    for path, known in _published(name, data_dir):
        if not path.is_file():
            complete = False
        elif (found := _md5(path)) != known:
            raise _other(name, path, f"its MD5 is {found}, and that of its distributor's file is {known}")
        elif path.suffix == GZIP and not _is_unpacked(path):
            raise _other(name, path.with_suffix(""), f"it is not what {path.name} beside it contains")
    return complete


def _published(name: str, data_dir: Path) -> Iterator[tuple[Path, str]]:
    """The files of a data set, each with its MD5."""
    if name in ("cifar10", "cifar100", "stl10"):
        kind: Any = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100, "stl10": datasets.STL10}[name]
        yield from ((data_dir / kind.base_folder / file, md5) for file, md5 in (*kind.train_list, *kind.test_list))
    elif name in ("torchvision:SVHN", "torchvision:USPS"):
        kind = getattr(datasets, name.partition(":")[2])
        lists = (kind.split_list[split] for split in ("train", "test"))
        yield from ((data_dir / kind.__name__ / file, md5) for _, file, md5 in lists)
    elif name in ("torchvision:MNIST", "torchvision:FashionMNIST", "torchvision:KMNIST"):
        kind = getattr(datasets, name.partition(":")[2])
        yield from ((data_dir / kind.__name__ / "raw" / file, md5) for file, md5 in kind.resources)
    elif name == "flowers102":
        files = (datasets.Flowers102._file_dict[key] for key in ("label", "setid"))
        yield from ((data_dir / "flowers-102" / file, md5) for file, md5 in files)


def _other(name: str, path: Path, told: str) -> DataError:
    return DataError(
        f"{name}: {path} was changed or cut short ({told}); put the distributor's file back, or remove it and get the "
        "data set again"
    )


def _md5(path: Path) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    for block in _blocks(path):
        digest.update(block)
    return digest.hexdigest()


def _is_unpacked(archive: Path) -> bool:
    """Whether the unpacked file beside a gzip file has its content. True if there is none: it is unpacked later."""
    unpacked = archive.with_suffix("")
    if not unpacked.is_file():
        return True
    found = 0
    for block in _blocks(unpacked):
        found = zlib.crc32(block, found)
    return found == int.from_bytes(archive.read_bytes()[TRAILER], "little")


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
