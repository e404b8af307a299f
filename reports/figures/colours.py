"""Images of any number of channels as colours that can be drawn."""

import numpy as np


def in_colours(images: np.ndarray) -> np.ndarray:
    """Return images (..., C, S, S) as (..., 3, S, S): three channels as they are, one or two by the first as gray, the
    first three of more."""
    if images.shape[-3] >= 3:
        return images[..., :3, :, :]
    return np.repeat(images[..., :1, :, :], 3, axis=-3)
