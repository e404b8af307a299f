"""Figure 4: one image under each augmentation."""

import torch
from torch import Tensor

from core.augment.operations.levels import to_bytes
from core.augment.operations.rotate import quarter_turns
from core.augment.policy import apply_all
from core.config.operations import Blur, ColorForm, Crop, Cutout, Flip, Grayscale, Jitter, Noise, Operations, Sobel
from core.randomness import generator

ROTATE = "Rotate {90°, 180°, 270°}"

JITTER = "Color distort. (jitter)"

PANELS: dict[str, Operations] = {
    "Original": (),
    "Crop and resize": (Crop(),),
    "Crop, resize (and flip)": (Crop(), Flip(probability=1.0)),
    "Color distort. (drop)": (Grayscale(probability=1.0),),
    JITTER: (Jitter(probability=1.0),),
    ROTATE: (),
    "Cutout": (Cutout(),),
    "Gaussian noise": (Noise(),),
    "Gaussian blur": (Blur(sigma=(2.0, 2.0), probability=1.0),),
    "Sobel filtering": (Sobel(),),
}
"""The paper's captions, in its order. The paper gives no settings: these are those of the policies, but always applied,
and blurred as much as appendix A allows."""


def contact_sheet(image: Tensor, seed: int, color_form: ColorForm = "torchvision") -> list[tuple[str, Tensor]]:
    """Return the ten panels of Figure 4 for a uint8 image (3, S, S): a caption and a uint8 image (3, S, S) each."""
    panels = PANELS | {JITTER: (Jitter(probability=1.0, color_form=color_form),)}
    return [(caption, _panel(image, caption, operations, seed)) for caption, operations in panels.items()]


def _panel(image: Tensor, caption: str, operations: Operations, seed: int) -> Tensor:
    draws = generator(seed, f"contact sheet: {caption}", device=image.device)
    images = image[None].float().div_(255)
    if caption == ROTATE:  # never by 0 degrees, as in training
        turns = torch.randint(1, 4, (1,), generator=draws, device=image.device)
        return to_bytes(quarter_turns(images, turns))[0]
    return to_bytes(apply_all(operations, images, draws))[0]
