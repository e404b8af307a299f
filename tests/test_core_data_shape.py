"""Images that keep their shapes: crops and test crops are PIL's of the whole image, whatever lies beside it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from core import DataConfig, Frozen, TrainConfig, evaluate, load_data, pretrain
from core.augment.draw import shared
from core.augment.operations.crop import draw_boxes
from core.augment.policy import one_view, two_views
from core.canvas import Canvas, on_canvas, square_boxes
from core.config import CompositionAugment, Crop, CustomAugment, Flip, LinearSgd, SimclrAugment
from core.config.data import EvaluationData
from core.data.batches import Batches
from core.data.decode import decode_whole
from core.data.streamed import StreamedImages
from core.distributed import Share
from core.randomness import generator
from core.resample import cut, resize
from helpers import random_images, small_config

CPU = torch.device("cpu")


def photo(height: int, width: int, seed: int = 0) -> Tensor:
    """Blobs, uint8 (3, height, width)."""
    small = torch.rand(1, 3, height // 40 + 3, width // 40 + 3, generator=generator(seed, "photo"))
    large = torch.nn.functional.interpolate(small, (height, width), mode="bicubic").clamp(0, 1)[0]
    return (255 * large).to(torch.uint8)


def as_pil(image: Tensor) -> Image.Image:
    return Image.fromarray(image.permute(1, 2, 0).numpy())


def of_pil(image: Image.Image) -> Tensor:
    return torch.from_numpy(np.array(image)).permute(2, 0, 1).float() / 255


PHOTOS = [photo(375, 500), photo(500, 333, seed=1), photo(120, 90, seed=2)]
CANVAS = on_canvas(PHOTOS, 512)


def test_a_box_is_cut_as_pil_cuts_it_from_the_whole_image() -> None:
    boxes = [(200, 340, 141, 141), (3, 0, 480, 320), (60, 30, 60, 60)]
    edges = torch.tensor(boxes, dtype=torch.float32).unbind(dim=1)
    ours = cut(CANVAS, edges, 224)  # type: ignore[arg-type]
    for view, image, (top, left, height, width) in zip(ours, PHOTOS, boxes, strict=True):
        box = (left, top, left + width, top + height)
        oracle = of_pil(as_pil(image).crop(box).resize((224, 224), Image.Resampling.BICUBIC))
        assert (view - oracle).abs().max() < 2.6 / 255  # PIL rounds after each direction


def test_a_crop_of_8_percent_has_141_pixels_a_side_in_an_image_of_500() -> None:
    """In a square of 224 pixels, to which it was scaled before, it had 63."""
    images = Canvas(torch.zeros(1, 3, 500, 500, dtype=torch.uint8).expand(100, -1, -1, -1), torch.full((100, 2), 500))
    smallest = Crop(area=(0.08, 0.08), aspect=(1.0, 1.0))
    for boxes, side in ((draw_boxes(images, generator(0, "x"), smallest), 141),):
        assert set(boxes[2].tolist()) == set(boxes[3].tolist()) == {side}
    square = torch.zeros(100, 3, 224, 224)
    assert set(draw_boxes(square, generator(0, "x"), smallest)[2].tolist()) == {63}


def test_boxes_lie_in_the_image_and_are_those_of_an_image_of_that_shape() -> None:
    canvas = on_canvas([PHOTOS[0]] * 500, 512)
    boxes = draw_boxes(canvas, generator(0, "boxes"), Crop())
    expected = draw_boxes(torch.stack([PHOTOS[0]] * 500), generator(0, "boxes"), Crop())
    assert all(torch.equal(ours, theirs) for ours, theirs in zip(boxes, expected, strict=True))
    top, left, height, width = boxes
    assert (top + height).max() <= 375
    assert (left + width).max() <= 500
    assert ((height * width) / (375 * 500)).min() < 0.1


def test_a_test_crop_is_224_of_256() -> None:
    views = resize(CANVAS, 224, 0.875)
    for view, image in zip(views, PHOTOS[:2], strict=False):
        picture = as_pil(image)
        scale = 256 / min(picture.size)
        large = picture.resize((round(scale * picture.width), round(scale * picture.height)), Image.Resampling.BICUBIC)
        left, top = (large.width - 224) // 2, (large.height - 224) // 2
        oracle = of_pil(large.crop((left, top, left + 224, top + 224)))
        assert (view - oracle).abs().mean() < 4 / 255  # less than a shift by one pixel, for where it begins is rounded
        side = round(0.875 * min(picture.size))
        box = ((picture.width - side) // 2, (picture.height - side) // 2)
        cropped = picture.crop((*box, box[0] + side, box[1] + side))
        exact = of_pil(cropped.resize((224, 224), Image.Resampling.BICUBIC))
        assert (view - exact).abs().max() < 2.6 / 255  # PIL rounds after each direction
    assert [edge.tolist() for edge in square_boxes(CANVAS, 0.875)][2] == [328.0, 291.0, 79.0]


def test_a_test_crop_of_squares_is_that_of_their_middle() -> None:
    squares = torch.rand(2, 3, 64, 64)
    assert torch.allclose(resize(squares, 56, 0.875), squares[:, :, 4:60, 4:60], atol=1e-6)


@pytest.mark.parametrize(
    "policy",
    [SimclrAugment(), CompositionAugment(), CustomAugment(both=(Flip(),)), CustomAugment(first=(Crop(),))],
    ids=["simclr", "composition", "no crop", "crop in one branch"],
)
def test_views_do_not_depend_on_what_lies_beside_the_image(policy: object) -> None:
    """Nor on the canvas's side."""
    beside = CANVAS.pixels.clone()
    for pixels, (height, width) in zip(beside, CANVAS.sizes.tolist(), strict=True):
        pixels[:, height:], pixels[:, :, width:] = 255, 255
    views = [
        two_views(canvas, policy, generator(3, "views"), 32)  # type: ignore[arg-type]
        for canvas in (CANVAS, Canvas(beside, CANVAS.sizes), on_canvas(PHOTOS, 600))
    ]
    assert views[0].shape == (6, 3, 32, 32)
    assert torch.equal(views[0], views[1])
    assert torch.allclose(views[0], views[2], atol=1e-5)


def test_a_square_on_a_canvas_gives_the_views_of_the_square() -> None:
    images = random_images(5, 40)
    canvas = on_canvas(list(images), 64)
    for view in (one_view, two_views):
        ours, theirs = (view(each, SimclrAugment(), generator(1, "views"), 32) for each in (canvas, images))
        assert torch.allclose(ours, theirs, atol=1e-5)


def test_a_share_of_a_canvas_gives_its_rows_of_the_views() -> None:
    canvas = on_canvas([*PHOTOS, photo(200, 300, seed=3)], 512)
    whole = two_views(canvas, SimclrAugment(), generator(2, "views"), 32)
    for rank in range(2):
        own = slice(2 * rank, 2 * rank + 2)
        draws = shared(generator(2, "views"), Share(rank, 2), 4)
        views = two_views(Canvas(canvas.pixels[own], canvas.sizes[own]), SimclrAugment(), draws, 32)
        assert torch.allclose(views, whole.unflatten(0, (2, 4))[:, own].flatten(0, 1), atol=1e-5)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for split, count in (("train", 24), ("test", 10)):
        for number in range(count):
            path = tmp_path / "photos" / split / f"class{number % 2}" / f"{number:02}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            as_pil(photo(40 + number, 30 + 2 * number, seed=number)).save(path)
    return tmp_path


OWN = DataConfig(name="photos", image_size=16, shape="own", stored_size=60)


def test_files_are_streamed_in_their_shapes(folder: Path) -> None:
    data = load_data(OWN, folder)
    assert isinstance(data.train.images, StreamedImages)
    batches = Batches(data.train, 8, 0, CPU)
    canvas = batches[0].images
    batches.close()
    assert isinstance(canvas, Canvas)
    assert canvas.pixels.shape == (8, 3, 60, 60)
    for number, pixels, (height, width) in zip(batches[0].numbers, canvas.pixels, canvas.sizes.tolist(), strict=True):
        assert torch.equal(pixels[:, :height, :width], decode_whole(data.train.images.paths[number], 60))
        assert max(height, width) <= 60
    batches.close()
    assert data.train.images[:].shape == (24, 3, 16, 16)  # pictures are squares


def test_a_larger_image_is_scaled_down_in_its_shape(tmp_path: Path) -> None:
    as_pil(photo(300, 400)).save(tmp_path / "a.png")
    whole = decode_whole(str(tmp_path / "a.png"), 200)
    oracle = of_pil(as_pil(photo(300, 400)).resize((200, 150), Image.Resampling.BICUBIC))
    assert whole.shape == (3, 150, 200)
    assert (whole.float() / 255 - oracle).abs().max() < 2.6 / 255  # PIL rounds after each direction


def test_it_trains_and_is_scored_to_the_end(folder: Path) -> None:
    config = small_config(data=OWN.model_dump(), epochs=1, batch_size=8, schedule={"warmup_epochs": 0})
    data = load_data(OWN, folder)
    pretrained = pretrain(config, data, device="cpu")
    assert evaluate(Frozen(l2_count=2, neighbors=3), pretrained, data).metrics["knn/top1"] >= 0
    whole, cropped = (
        evaluate(LinearSgd(epochs=2, batch_size=8, test_crop=share), pretrained, data).metrics for share in (1.0, 0.5)
    )
    assert whole.keys() == cropped.keys()


def test_another_data_set_has_the_shape_of_the_pretraining_unless_it_says_so() -> None:
    own = {"pretrain": {"data": {"shape": "own"}}}
    for shape, expected in ((None, "own"), ("square", "square")):
        other = {"protocol": "frozen", "data": {"name": "pets", "shape": shape}}
        assert TrainConfig.model_validate(own | {"evaluate": other}).evaluation_data.shape == expected
    assert EvaluationData(name="pets").like(DataConfig()).shape == "square"


def test_fields_with_their_old_meaning_are_in_no_canonical_form() -> None:
    values = TrainConfig.model_validate({"evaluate": {"protocol": "linear_sgd"}}).model_dump(mode="json")
    assert "shape" not in values["pretrain"]["data"]
    assert "test_crop" not in values["evaluate"]
    assert "neighbor_distance" not in Frozen().model_dump(mode="json")
