"""Limits that the number of training images sets to a method."""

from typing import TYPE_CHECKING

from core.errors import DataError

if TYPE_CHECKING:
    from core.config.train import PretrainConfig


def check_queue(queue: int, copies: int, pretrain: "PretrainConfig", images: int) -> None:
    """Raise ``DataError`` where a queue has older keys of the images of a batch. An image has ``copies`` keys."""
    most = copies * (images - pretrain.batch_size)
    if queue > most:
        raise DataError(
            f"loss.queue is {queue:,}, but the {images:,} training images without a batch of "
            f"{pretrain.batch_size:,} have {max(most, 0):,} keys: older keys of an image would be its negatives; "
            "lower loss.queue or batch_size"
        )


def check_clusters(clusters: int, images: int) -> None:
    """Raise ``DataError`` where there are more clusters than images."""
    if clusters > images:
        raise DataError(f"loss.clusters is {clusters:,}, but there are {images:,} training images to cluster; lower it")
