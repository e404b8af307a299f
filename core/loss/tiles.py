"""Similarities of a batch's views, a few rows at a time, so that memory grows with N and not with N^2."""

from collections.abc import Iterator

TILE = 2**24
"""Number of similarities that are held at once: 64 MiB in float32."""


def tiles(batch: int, columns: int) -> Iterator[tuple[int, slice]]:
    """Yield branch (0 or 1) and rows of each tile of the 2N views; no tile spans both branches.

    ``batch`` is N, ``columns`` the number of views that each row is compared with.
    """
    height = max(1, TILE // columns)
    for branch in (0, 1):
        for start in range(branch * batch, (branch + 1) * batch, height):
            yield branch, slice(start, min(start + height, (branch + 1) * batch))
