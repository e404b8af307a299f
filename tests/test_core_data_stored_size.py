"""Views smaller than the stored images: a crop takes its box from the whole of them."""

import pytest
import torch
from pydantic import ValidationError
from torchvision.transforms import v2
from torchvision.transforms.v2 import functional as F

from core import DataConfig, config, load_data, pretrain
from core.augment.operations.crop import draw_boxes, random_resized_crop
from core.augment.policy import apply, one_view, two_views
from core.config import OPERATIONS, CompositionAugment, CustomAugment, SimclrAugment
from core.data.dataset import Dataset, Split
from core.pretraining.training import Training
from core.randomness import generator
from core.resample import resized_crop
from core.trained.features import encode
from helpers import pixels, random_dataset, random_images, small_config

STORED, SIZE = 48, 20
ALL = CustomAugment(first=tuple(operation.model_validate({}) for operation in OPERATIONS), second=(config.Crop(),))


def draws() -> torch.Generator:
    return generator(0, "augmentation")


def resized(images: torch.Tensor, size: int = SIZE) -> torch.Tensor:
    """Floats, so that nothing is rounded."""
    whole: torch.Tensor = F.resize(images.float() / 255, [size, size], v2.InterpolationMode.BICUBIC, antialias=True)
    return whole.clamp(0, 1)


@pytest.mark.parametrize(("stored", "size"), [(48, 20), (64, 8), (33, 32)])
def test_a_crop_to_another_size_is_torchvisions(stored: int, size: int) -> None:
    """Antialiased where it shrinks, as large boxes do, and interpolated where it grows."""
    batch = random_images(64, stored).float() / 255
    boxes = draw_boxes(batch, generator(0, "boxes"), config.Crop())
    ours = resized_crop(batch, *boxes, size)
    for number, box in enumerate(zip(*(edges.int().tolist() for edges in boxes), strict=True)):
        theirs = F.resized_crop(batch[number], *box, [size, size], v2.InterpolationMode.BICUBIC, antialias=True)
        torch.testing.assert_close(ours[number], theirs.clamp(0, 1), rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    "policy",
    [SimclrAugment(), CompositionAugment(), CustomAugment(), CustomAugment(both=(config.Sobel(), config.Crop())), ALL],
)
def test_views_have_the_size_that_is_asked_for(policy: config.AugmentConfig) -> None:
    images = random_images(4, STORED)
    assert two_views(images, policy, draws(), SIZE).shape == (8, 3, SIZE, SIZE)
    assert one_view(images, policy, draws(), SIZE).shape == (4, 3, SIZE, SIZE)
    assert two_views(images, policy, draws()).shape == (8, 3, STORED, STORED)


def test_the_crop_of_a_policy_is_drawn_from_the_stored_image() -> None:
    images = random_images(8, STORED)
    expected = random_resized_crop(images.float() / 255, draws(), config.Crop(), SIZE)
    for policy in (CustomAugment(shared=(config.Crop(),)), CompositionAugment(first="rotate", second="rotate")):
        second = two_views(images, policy, draws(), SIZE)[8:]
        assert torch.equal(second, expected)
    doubled = torch.cat([images, images]).float() / 255
    expected = random_resized_crop(doubled, draws(), config.Crop(), SIZE)
    plain = SimclrAugment(flip=False, blur=False, strength=0)
    assert torch.equal(two_views(images, CustomAugment(both=(config.Crop(),)), draws(), SIZE), expected)
    coloured = (two_views(images, plain, draws(), SIZE) - expected).flatten(1).abs().amax(dim=1) < 1e-5
    assert 0.5 < coloured.float().mean() < 1  # a fifth are grey


def test_without_a_crop_in_front_the_image_is_resized_first() -> None:
    images = random_images(8, STORED)
    small = resized(images)
    first, second = two_views(images, CustomAugment(first=(config.Sobel(),)), draws(), SIZE).chunk(2)
    torch.testing.assert_close(second, small)
    torch.testing.assert_close(first, apply(config.Sobel(), small, draws()))


def test_an_image_that_is_not_cropped_is_resized_whole() -> None:
    images = random_images(64, STORED)
    sometimes = CustomAugment(both=(config.Crop(probability=0.5),))
    made = two_views(images, sometimes, draws(), SIZE)
    small = torch.cat([resized(images)] * 2)
    whole = (made - small).abs().flatten(1).amax(dim=1) < 1e-5
    assert 0.3 < whole.float().mean() < 0.7


def test_stored_images_are_as_large_as_is_said() -> None:
    data = load_data(DataConfig(name="shapes", image_size=16, stored_size=24, subset=20))
    assert pixels(data.train).shape == (20, 3, 24, 24)
    assert pixels(data.test).shape == (2000, 3, 24, 24)
    assert data.train.view_size == data.test.view_size == data.train[:5].view_size == 16


def test_stored_images_are_no_smaller_than_views() -> None:
    with pytest.raises(ValidationError, match=r"stored_size \(16\) is below image_size \(24\)"):
        DataConfig(name="shapes", image_size=24, stored_size=16)


def stored_larger() -> Dataset:
    """The data set that ``load_data`` gives for images of 16 pixels that are stored in 40."""
    data = random_dataset(side=40)
    train, test = (Split(s.images, s.labels, 16) for s in (data.train, data.test))
    return Dataset("random", data.classes, train, test)


def test_a_training_makes_views_of_the_size_of_its_configuration() -> None:
    training = Training(small_config(), stored_larger(), "cpu")
    seen: list[torch.Size] = []
    training.encoder.register_forward_pre_hook(lambda module, inputs: seen.append(inputs[0].shape))
    training.advance()
    assert seen == [(32, 3, 16, 16)]


def test_an_encoder_is_scored_on_images_resized_to_a_view() -> None:
    data = stored_larger()
    pretrained = pretrain(small_config(epochs=0), data, device="cpu")
    features, _ = encode(pretrained.encoder, pretrained, data.test)
    with torch.no_grad():
        expected = pretrained.encoder.eval()(resized(pixels(data.test), 16))
    torch.testing.assert_close(features, expected, rtol=1e-4, atol=1e-5)
