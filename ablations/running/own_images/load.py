"""Loads images for a trial, from this machine's own copy where they are in an object store."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from ablations.store.data_copies import local_images
from core.config import DataConfig
from core.errors import OtherData
from core.remote import AnyPath, RemotePath

if TYPE_CHECKING:
    from core.data.dataset import Dataset


def load_images(
    config: DataConfig,
    data_dir: AnyPath,
    tell: Callable[[str], None] = lambda text: None,
    progress: Callable[[str, int, int], None] = lambda task, done, total: None,
) -> "Dataset":
    """The data set. A copy that has other images than were asked for may be older than the store's, and is compared
    with it. Raises ``DataError``, and ``OtherData`` where the images are not those of the configuration."""
    from core import load_data  # here, since PyTorch comes with it

    try:
        return load_data(config, local_images(config, data_dir, tell), progress)
    except OtherData:
        if not isinstance(data_dir, RemotePath):
            raise
        return load_data(config, local_images(config, data_dir, tell, fresh=True), progress)
