"""The columns of a report's table that tell which test images each trial has right."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from ablations.store.right_images import image_count, right_images
from ablations.types.metrics import own
from reports.statistics.measured import CORRECT, TEST_IMAGES

if TYPE_CHECKING:
    from numpy import ndarray

Stored = Mapping[str, Mapping[str, "ndarray"]]
"""Arrays of scores by trial id and name."""


def with_right_images(
    table: pd.DataFrame, metrics: Collection[str], stored: Stored, test_sets: Collection[str]
) -> pd.DataFrame:
    """The table with ``test_images``, a number, and ``correct/<metric>``, booleans by image, or None where a trial left
    none.

    Trials on several test sets have no images in common, so their table has the numbers alone.
    """
    rows = table.to_dict("records")
    images = pd.Series([image_count(stored.get(row["trial_id"], {})) for row in rows], table.index, dtype="float64")
    if images.isna().all():
        return table
    columns = {TEST_IMAGES: images}
    for metric in metrics if len(test_sets) == 1 else ():
        right = [_right(row, metric, stored.get(row["trial_id"], {})) for row in rows]
        if any(one is not None for one in right):
            columns[f"{CORRECT}{metric}"] = pd.Series(right, table.index, dtype=object)
    return table.assign(**columns)


def _right(row: Mapping[Any, Any], metric: str, arrays: Mapping[str, "ndarray"]) -> "ndarray | None":
    """The images that are right by the metric, or by the one of the trial's protocol that it stands for."""
    name = next((key for key in (*own().get(metric, ()), metric) if not pd.isna(row.get(key))), metric)
    return right_images(arrays, name)
