"""Ordinary JPEGs, decoded by simplejpeg: bit for bit Pillow's pixels, since both use libjpeg-turbo.

A JPEG of 500 x 375 takes about 3/4 of Pillow's time, which copies pixels twice (benchmarks/README.md). Not used:
torchvision's decoder, which is as fast and will be removed; and libjpeg-turbo's decoding at 5/8 of the size, which
takes longer than in full.
"""

import simplejpeg
import torch
from PIL import Image
from PIL.JpegImagePlugin import JpegImageFile
from torch import Tensor

from core.data.pixels import UPRIGHT, orientation


def ordinary_jpeg(image: Image.Image, side: int) -> Tensor | None:
    """Return the pixels of an opened file, uint8 (3, H, W).

    None for what Pillow is to decode: other formats; a JPEG that is gray, CMYK or not upright, or so large that it may
    be read at 1/2 and still have ``side`` pixels; and one that is damaged, of which Pillow's error says more.
    """
    if type(image) is not JpegImageFile or image.fp is None:
        return None
    if image.mode != "RGB" or min(image.size) >= 2 * side or orientation(image) in UPRIGHT:
        return None
    image.fp.seek(0)
    try:
        pixels = simplejpeg.decode_jpeg(image.fp.read())
    except ValueError:
        return None
    return torch.from_numpy(pixels).permute(2, 0, 1)
