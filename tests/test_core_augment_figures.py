"""The images that Figures 4 and 6 of the paper are drawn from."""

import pytest
import torch
from torch import Tensor
from torchvision.transforms.v2 import functional as F

from core.augment.contact_sheet import contact_sheet
from core.augment.histograms import colour_histograms
from helpers import random_images

CAPTIONS = [
    "Original",
    "Crop and resize",
    "Crop, resize (and flip)",
    "Color distort. (drop)",
    "Color distort. (jitter)",
    "Rotate {90°, 180°, 270°}",
    "Cutout",
    "Gaussian noise",
    "Gaussian blur",
    "Sobel filtering",
]


@pytest.fixture
def image() -> Tensor:
    """Smooth, so that what blurs, sharpens or moves it shows; another colour in each corner."""
    coarse = random_images(1, 4).float()
    image: torch.Tensor = F.resize(coarse, [40, 40])[0]
    return image.clamp(0, 255).to(torch.uint8)


def test_the_contact_sheet_has_the_papers_ten_panels(image: Tensor) -> None:
    sheet = contact_sheet(image, seed=0)
    assert [caption for caption, _ in sheet] == CAPTIONS
    assert all(panel.shape == image.shape and panel.dtype == torch.uint8 for _, panel in sheet)
    assert torch.equal(sheet[0][1], image)
    assert len({tuple(panel.flatten().tolist()) for _, panel in sheet}) == 10


def test_each_panel_shows_what_its_caption_says(image: Tensor) -> None:
    panels = dict(contact_sheet(image, seed=0))
    dropped, cut = panels["Color distort. (drop)"], panels["Cutout"]
    assert (dropped.int() - F.rgb_to_grayscale(image, num_output_channels=3)).abs().max() <= 1
    assert (cut != image).any(dim=0).sum() == pytest.approx(20 * 20, abs=3)
    assert any(torch.equal(panels["Rotate {90°, 180°, 270°}"], image.rot90(k, (1, 2))) for k in (1, 2, 3))
    noise = (panels["Gaussian noise"].float() - image)[:, 5:-5, 5:-5]
    assert noise.std() == pytest.approx(0.1 * 255, rel=0.1)
    blurred = F.gaussian_blur(image, [5, 5], [2.0, 2.0])
    assert (panels["Gaussian blur"].int() - blurred).abs().max() <= 1


def test_another_seed_makes_another_sheet_and_never_an_unturned_one(image: Tensor) -> None:
    sheets = [dict(contact_sheet(image, seed)) for seed in range(20)]
    assert torch.equal(sheets[0]["Crop and resize"], dict(contact_sheet(image, 0))["Crop and resize"])
    assert not torch.equal(sheets[0]["Crop and resize"], sheets[1]["Crop and resize"])
    assert not any(torch.equal(sheet["Rotate {90°, 180°, 270°}"], image) for sheet in sheets)


def test_histograms_count_every_value_of_every_crop() -> None:
    for strength in (0.0, 1.0):
        made = colour_histograms(random_images(2, 24), seed=0, crops=3, bins=16, strength=strength)
        assert made.images.shape == (2, 3, 3, 24, 24)
        assert made.histograms.shape == (2, 3, 16)
        for crop, shares in zip(made.images.flatten(0, 1), made.histograms.flatten(0, 1), strict=True):
            counted = torch.histogram(crop.float().flatten(), torch.arange(0.0, 257, 16)).hist
            assert torch.allclose(shares, counted / crop.numel())


def test_crops_of_an_image_have_its_colours_until_they_are_distorted() -> None:
    """The point of the figure: their histograms are alike, and after colour distortion they are not."""
    images = torch.stack([torch.full((3, 32, 32), 60), torch.full((3, 32, 32), 180)]).to(torch.uint8)
    without, distorted = (colour_histograms(images, seed=0, bins=64, strength=strength) for strength in (0.0, 1.0))
    assert torch.equal(without.images, images[:, None].expand(-1, 4, -1, -1, -1))
    assert (without.histograms.argmax(dim=2) == torch.tensor([[15], [45]])).all()
    moved = (distorted.histograms - without.histograms).abs().sum(dim=2)
    assert (moved > 0.5).all()


def test_the_same_crops_are_distorted_more_and_more(image: Tensor) -> None:
    faint, none = (colour_histograms(image[None], seed=3, strength=strength).images for strength in (0.01, 0.0))
    coloured = (faint[0].float() - faint[0].float().mean(dim=1, keepdim=True)).abs().amax(dim=(1, 2, 3)) > 4
    assert coloured.any()  # the others were made grey
    assert (faint[0][coloured].int() - none[0][coloured].int()).abs().float().mean() < 5
    assert not torch.equal(none, colour_histograms(image[None], seed=4, strength=0.0).images)


def test_uneven_bins_are_refused() -> None:
    with pytest.raises(ValueError, match="bins must divide 256"):
        colour_histograms(random_images(1), seed=0, bins=100)
