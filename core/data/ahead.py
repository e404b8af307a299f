"""Images that worker processes decode before they are needed.

Processes, not threads: a thread that decodes takes the interpreter from the thread that launches the GPU's work.
Measured with a core for each: 140,000 small operations a second were launched beside a decoding thread, 285,000 beside
a process, and 296,000 alone. A fork server starts the processes, since a process with threads, such as a worker of Ray,
is not safe to fork. Python therefore imports the main script again, as for every such start: a script that trains needs
``if __name__ == "__main__":``.
"""

import itertools
import multiprocessing
import os
import threading
from collections.abc import Generator, Iterable, Iterator
from multiprocessing.context import ForkServerContext

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from core.canvas import Canvas
from core.config.data import BATCHES_AHEAD
from core.data.decode import decode_all, decode_canvas
from core.data.streamed import StreamedImages
from core.errors import DataError

Paths = tuple[str, ...]
Part = tuple[Tensor, ...]
"""Images of a worker's part of a batch; for images that keep their shape, pixels and sizes of a canvas."""


def decode_ahead(
    images: StreamedImages, batches: Iterable[Tensor], device: torch.device
) -> Generator[Tensor | Canvas, None, None]:
    """Yield the images of each batch of indices (B,), uint8 (B, C, S, S) or a canvas on the device, without waiting for
    the device.

    There is a worker for each of PyTorch's threads, and a batch is divided among all of them. They end with the
    generator. Raises ``DataError`` with the path of a file that does not decode, when its batch is asked for.
    """
    workers = torch.get_num_threads()
    parts = iter(_loader(images, batches, workers, device))
    try:
        while batch := list(itertools.islice(parts, workers)):
            yield _together([_decoded(part) for part in batch], device)
    finally:
        del parts  # ends the workers, even while an exception keeps this frame


def _loader(
    images: StreamedImages, batches: Iterable[Tensor], workers: int, device: torch.device
) -> DataLoader[Part | DataError]:
    return DataLoader(
        _Decoder(images.size, images.longest, images.channels),
        batch_size=None,
        sampler=_divide(images, batches, workers),
        num_workers=workers,
        prefetch_factor=BATCHES_AHEAD,
        pin_memory=device.type == "cuda",
        multiprocessing_context=_processes(),
        worker_init_fn=_end_with_parent,
        generator=torch.Generator(),  # otherwise the global generator would be used
    )


def _divide(images: StreamedImages, batches: Iterable[Tensor], workers: int) -> Iterator[Paths]:
    """Yield exactly ``workers`` parts of every batch, some of them empty if it is small."""
    for batch in batches:
        for part in batch.tensor_split(workers):
            yield tuple(images.paths[number] for number in part.tolist())


class _Decoder(Dataset[Part | DataError]):
    """Decodes files in a worker. It holds no list of files, since every worker would have a copy."""

    def __init__(self, size: int, longest: int | None, channels: int) -> None:
        self._size, self._longest, self._channels = size, longest, channels

    def __getitem__(self, paths: Paths) -> Part | DataError:
        """Return an error instead of raising it, since a raised one arrives with the worker's traceback in its
        message."""
        try:
            if self._longest is None:
                return (decode_all(paths, self._size, self._channels),)
            canvas = decode_canvas(paths, self._longest, self._channels)
            return canvas.pixels, canvas.sizes
        except DataError as error:
            return error


def _decoded(part: Part | DataError) -> Part:
    if isinstance(part, DataError):
        raise part
    return part


def _together(parts: list[Part], device: torch.device) -> Tensor | Canvas:
    """Return the parts of a batch as one, on the device."""
    images, *sizes = (
        torch.cat([tensor.to(device, non_blocking=True) for tensor in tensors]) for tensors in zip(*parts, strict=True)
    )
    return Canvas(images, sizes[0]) if sizes else images


def _end_with_parent(worker: int) -> None:
    """End this worker when its parent ends, even if the parent is killed. PyTorch has workers watch the process that
    forked them, which here is the fork server, and the server waits for the workers."""

    def watch() -> None:
        if parent := multiprocessing.parent_process():
            parent.join()
            os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["__main__", __name__])  # imported once, not by every worker
    return context
