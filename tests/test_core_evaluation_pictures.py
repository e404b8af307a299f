"""The protocols behind Figures 4 and 6 of the paper: their arrays, and their metrics against plain loops."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from core import DataError, Pretrained, evaluate, pretrain
from core.augment.contact_sheet import contact_sheet
from core.config import ColourHistograms, ExampleViews
from core.data.dataset import Dataset, Split
from helpers import coloured, pixels, random_dataset, random_images, small_config

DATA = Dataset("coloured", ("a", "b", "c", "d"), coloured(12, seed=0), coloured(4, seed=1))


@pytest.fixture(scope="module")
def pretrained() -> Pretrained:
    return pretrain(small_config(epochs=0), random_dataset(), device="cpu")


def reseeded(pretrained: Pretrained, seed: int) -> Pretrained:
    return replace(pretrained, config=pretrained.config.model_copy(update={"seed": seed}))


def number_of(image: Tensor) -> int:
    """The number of a training image."""
    (number,) = [n for n, other in enumerate(DATA.train.images[:]) if torch.equal(other, image)]
    return number


def test_example_views_are_the_contact_sheet_of_a_training_image(pretrained: Pretrained) -> None:
    scores = evaluate(ExampleViews(image=2, seed=5), pretrained, DATA)
    original = scores.arrays["example_views/Original"]
    sheet = contact_sheet(pixels(DATA.train)[number_of(original)], seed=5)
    assert list(scores.arrays) == [f"example_views/{caption}" for caption, _ in sheet]
    for caption, view in sheet:
        assert torch.equal(scores.arrays[f"example_views/{caption}"], view)
    changes = [float((view.float() - original.float()).abs().mean()) / 2.55 for caption, view in sheet[1:]]
    assert scores.metrics == {"example_views/change": pytest.approx(sum(changes) / 9)}


def test_every_number_is_another_image_and_every_seed_another_order(pretrained: Pretrained) -> None:
    def order(seed: int) -> list[int]:
        views = [evaluate(ExampleViews(image=n), reseeded(pretrained, seed), DATA).arrays for n in range(12)]
        return [number_of(arrays["example_views/Original"]) for arrays in views]

    assert sorted(order(0)) == list(range(12))
    assert order(0) != order(1)


def test_an_image_that_is_not_there_is_refused(pretrained: Pretrained) -> None:
    with pytest.raises(DataError, match=r"evaluate\.image is 12, counted from 0, but coloured has 12 training images"):
        evaluate(ExampleViews(image=12), pretrained, DATA)


def test_histograms_are_compared_as_a_loop_compares_them(pretrained: Pretrained) -> None:
    data = Dataset("random", ("a",), Split(random_images(5, 16), torch.zeros(5).long()), coloured(4, seed=1))
    config = ColourHistograms(images=5, shown=5, crops=3, bins=16, strength=0.5)
    scores = evaluate(config, pretrained, data)
    flat = [row.double() for row in scores.arrays["colour_histograms/histograms"].flatten(0, 1)]
    image = [number // 3 for number in range(15)]
    distance = [[float((a - b).abs().sum()) * 50 for b in flat] for a in flat]
    right, same, other = [], [], []
    for a in range(15):
        others = [b for b in range(15) if b != a]
        right.append(image[min(others, key=lambda b: distance[a][b])] == image[a])
        same += [distance[a][b] for b in others if image[b] == image[a]]
        other += [distance[a][b] for b in others if image[b] != image[a]]
    assert 0 < sum(right) < 15
    assert scores.metrics["colour_histograms/same_image"] == pytest.approx(100 * sum(right) / 15)
    assert scores.metrics["colour_histograms/distance_same"] == pytest.approx(sum(same) / len(same))
    assert scores.metrics["colour_histograms/distance_other"] == pytest.approx(sum(other) / len(other))


def test_the_histograms_that_are_shown_are_of_the_first_of_the_images(pretrained: Pretrained) -> None:
    config = ColourHistograms(images=6, seed=3, bins=32)
    arrays = evaluate(config, pretrained, DATA).arrays
    more = evaluate(config.model_copy(update={"shown": 6}), pretrained, DATA).arrays
    assert arrays["colour_histograms/crops"].shape == (2, 4, 3, 16, 16)
    assert arrays["colour_histograms/histograms"].shape == (2, 4, 32)
    for name, array in arrays.items():
        assert torch.equal(array, more[name][:2])
    undistorted = evaluate(config.model_copy(update={"strength": 0.0, "crops": 2}), pretrained, DATA)
    assert undistorted.arrays["colour_histograms/crops"].shape == (2, 2, 3, 16, 16)


def test_colours_tell_images_apart_until_they_are_distorted(pretrained: Pretrained) -> None:
    """Sec 3.1 on plain colours, an image of each."""
    colours = torch.arange(12)[:, None] * torch.tensor([20, 15, 10])
    plain = colours[:, :, None, None].expand(-1, -1, 16, 16).to(torch.uint8)
    data = Dataset("plain", ("a",), Split(plain, torch.zeros(12).long()), coloured(4, seed=1))
    without, distorted = (
        evaluate(ColourHistograms(strength=strength), pretrained, data).metrics for strength in (0.0, 1.0)
    )
    assert (without["colour_histograms/same_image"], without["colour_histograms/distance_same"]) == (100, 0)
    assert distorted["colour_histograms/same_image"] < 50


def test_every_seed_has_its_own_crops(pretrained: Pretrained) -> None:
    crops = [
        evaluate(config, reseeded(pretrained, seed), DATA).arrays["colour_histograms/crops"]
        for config, seed in (
            (ColourHistograms(), 0),
            (ColourHistograms(), 1),
            (ColourHistograms(seed=0), 1),
        )
    ]
    assert not torch.equal(crops[0], crops[1])
    assert torch.equal(crops[0], crops[2])


def test_one_image_is_too_few(pretrained: Pretrained) -> None:
    data = Dataset("lonely", ("a",), DATA.train[slice(1)], DATA.test)
    with pytest.raises(DataError, match="lonely has 1"):
        evaluate(ColourHistograms(), pretrained, data)


def test_images_with_several_labels_have_pictures_too(pretrained: Pretrained) -> None:
    several = Split(DATA.train.images, torch.ones(12, 2).long())
    data = Dataset("many", ("a", "b"), several, several)
    for config in (ExampleViews(), ColourHistograms()):
        assert evaluate(config, pretrained, data).arrays
