"""Images inside a file: of an array, of a shard, of a Hugging Face dataset.

The place of an image is text, as the path of an image file is: the path of the file that has it, two slashes, and the
place inside, such as ``data/plankton.npz//x_train/17``. No path has two slashes in a row.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image

MARK = "//"


def place_inside(container: Path, *inside: object) -> str:
    """Return the place of an image inside a file or folder."""
    return f"{container}{MARK}{'/'.join(map(str, inside))}"


def container_of(place: str) -> tuple[Path, str]:
    """Return the file that has the image, and the place inside; an empty one for an image file."""
    container, _, inside = place.partition(MARK)
    return Path(container), inside


@contextmanager
def image_at(place: str) -> Iterator[Image.Image]:
    """Yield the image at a place, which may not be decoded yet. Raises as ``PIL.Image.open`` does."""
    container, inside = container_of(place)
    if not inside:
        with container.open("rb") as file, Image.open(file) as image:  # a path: Pillow mixes up a turned TIFF's rows
            yield image
    elif container.suffix == ".npz" or container.suffix == ".npy":
        from core.data.sources.arrays import array_image  # here, since most data needs none of these

        yield array_image(container, inside)
    elif container.suffix == ".tar":
        from core.data.sources.shards.tar import tar_image

        with tar_image(container, inside) as image:
            yield image
    elif container.suffix == ".parquet":
        from core.data.sources.shards.parquet import parquet_image

        with parquet_image(container, inside) as image:
            yield image
    else:
        from core.data.sources.hugging_face import row_image

        with row_image(container, inside) as image:
            yield image
