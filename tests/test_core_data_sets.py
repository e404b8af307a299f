"""Data: what is embedded is fixed, folders decode whole or not at all, subsets are balanced."""

import errno
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from filelock import FileLock
from image_folders import make_folder
from PIL import Image
from sklearn.linear_model import LogisticRegression
from torch import Tensor

from core import DataConfig, DataError, load_data
from core.data.batches import Batches
from core.data.cache import cached_images
from core.data.catalog import DATA_SETS, DataSet, DataSize
from core.data.dataset import Split
from core.data.sets import archives as archives_module
from core.data.sets import shapes
from core.data.sets.shapes import GLYPHS, VERSION, draw
from core.data.sets.shapes_by_colour import ground_hues, tenths
from core.data.sources.find import data_size
from core.data.sources.folders import list_folder
from core.data.square import fit_square
from core.data.subset import balanced_subset, stratified_part
from core.randomness import generator
from helpers import memory_share, pixels, random_images, squares

PINNED_SUMS = [358444, 227331, 381725, 366945]
PINNED_MEAN, PINNED_DEVIATION = 98.5335, 65.4459


def test_shapes_are_the_same_everywhere_and_balanced() -> None:
    data = load_data(DataConfig(name="shapes", image_size=32))
    assert pixels(data.train).shape == (6000, 3, 32, 32)
    assert pixels(data.train).dtype == torch.uint8
    assert data.classes == tuple(GLYPHS)
    assert data.train.labels.bincount().tolist() == [600] * 10
    assert data.test.labels.bincount().tolist() == [200] * 10
    again = draw(data.classes[3], 600, generator(3, "shapes train"))
    assert torch.equal(pixels(data.train)[1800:2400], again)
    assert not torch.equal(pixels(data.train)[:200], pixels(data.test)[:200])


def test_a_change_of_the_drawing_is_seen() -> None:
    """Sums over the first and the last image of the first and the last class, as version 1 draws them; a rounding
    of the last bit on another processor may move a few of the 3,072 values by one."""
    assert VERSION == 1
    images = pixels(load_data(DataConfig(name="shapes", image_size=32)).train)
    sums = images[torch.tensor([0, 599, 5400, 5999])].double().sum(dim=(1, 2, 3))
    assert sums.tolist() == pytest.approx(PINNED_SUMS, abs=30)
    assert images.double().mean().item() == pytest.approx(PINNED_MEAN, abs=0.01)
    assert images.double().std().item() == pytest.approx(PINNED_DEVIATION, abs=0.01)


def test_shapes_are_drawn_on_one_thread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads on busy cores took ten times the processor time. The images do not depend on the threads."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    threads: list[int] = []

    def look(glyph: str, count: int, generator: torch.Generator) -> Tensor:
        threads.append(torch.get_num_threads())
        return draw(glyph, count, generator)

    monkeypatch.setattr(shapes, "draw", look)
    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        images = pixels(shapes.drawn_split("train", 400, 32))
        assert torch.equal(images[:40], draw("ring", 40, generator(0, "shapes train")))
        assert (set(threads), torch.get_num_threads()) == ({1}, 2)
    finally:
        torch.set_num_threads(before)


def test_shapes_do_not_tell_their_class_by_colour_or_lightness() -> None:
    """A glyph that covers more paints the image more in its own hue, and that is all: a linear classifier on the
    mean colour stays far below what the glyph itself gives, and one on lightness near chance (10 %)."""
    data = load_data(DataConfig(name="shapes", image_size=32))
    colours = [pixels(split).float().mean(dim=(2, 3)).numpy() / 64 for split in (data.train, data.test)]
    greys = [colour.mean(axis=1, keepdims=True) for colour in colours]
    for features, bound in ((colours, 0.33), (greys, 0.20)):
        model = LogisticRegression().fit(features[0], data.train.labels.numpy())
        assert model.score(features[1], data.test.labels.numpy()) < bound


def test_shapes_at_another_size() -> None:
    data = load_data(DataConfig(name="shapes", image_size=16, subset=10))
    assert pixels(data.train).shape == (10, 3, 16, 16)


def test_a_folder_is_read_in_the_order_of_its_names(tmp_path: Path) -> None:
    make_folder(tmp_path / "photos")
    data = load_data(DataConfig(name="photos", image_size=16), tmp_path)
    assert data.classes == ("class0", "class1", "class2")
    assert pixels(data.train).shape == (12, 3, 16, 16)
    assert data.train.labels.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    reds = pixels(data.train)[:, 0].float().mean(dim=(1, 2))
    assert torch.allclose(reds, 60.0 * data.train.labels, atol=3)


def test_a_folder_is_decoded_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_folder(tmp_path / "photos")
    calls: list[tuple[str, int, int]] = []
    for _ in range(2):
        load_data(DataConfig(name="photos", image_size=16), tmp_path, lambda *call: calls.append(call))
    assert calls[-1] == ("decoding photos-test", 6, 6)
    assert len(calls) == 18
    Image.fromarray(np.zeros((9, 9, 3), dtype=np.uint8)).save(tmp_path / "photos/train/class0/new.png")
    assert len(load_data(DataConfig(name="photos", image_size=16), tmp_path).train) == 13


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_of_several_that_want_the_same_images_one_decodes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second one comes while the first decodes: it waits for the lock, or would decode as well."""
    came, decoded, acquire = threading.Event(), list[Tensor](), FileLock.acquire

    def wait_for_lock(lock: FileLock, **options: Any) -> object:
        came.set()
        return acquire(lock, **options)

    def decode(out: Tensor) -> None:
        decoded.append(out.fill_(7))
        came.set()
        if len(decoded) == 1:
            came.clear()
            second.start()
            assert came.wait(60)

    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setattr(FileLock, "acquire", wait_for_lock)
    second = threading.Thread(target=cached_images, args=("photos", 4, 16, decode))
    images = cached_images("photos", 4, 16, decode)
    second.join()
    assert len(decoded) == 1
    assert images.eq(7).all()


def test_where_nothing_can_be_locked_each_decodes_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(lock: FileLock) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setenv("XDG_CACHE_HOME", "cache")
    monkeypatch.setattr(FileLock, "acquire", refuse)

    def decode(out: torch.Tensor) -> None:
        out.fill_(7)

    assert cached_images("photos", 4, 16, decode).eq(7).all()


@pytest.mark.parametrize("spoil", [truncate, lambda p: p.write_bytes(b""), lambda p: p.write_text("not an image")])
def test_a_file_that_does_not_decode_is_named(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    spoil(make_folder(tmp_path / "photos") / "train/class1/1.jpg")
    with pytest.raises(DataError, match=r"train/class1/1.jpg: does not decode"):
        load_data(DataConfig(name="photos", image_size=16), tmp_path)


@pytest.mark.parametrize(
    ("break_it", "message"),
    [
        (lambda root: None, "no folder .*nowhere/train"),
        (lambda root: (root / "train").mkdir(parents=True), "no folder .*nowhere/test"),
        (lambda root: [(root / s).mkdir(parents=True) for s in ("train", "test")], "has no class folders"),
        (lambda root: [(root / s / "a").mkdir(parents=True) for s in ("train", "test")], "has no images"),
        (lambda root: (make_folder(root), (root / "test" / "extra").mkdir()), "there is no class 'extra'"),
        (lambda root: (make_folder(root), (root / "train" / "extra").mkdir()), "train/extra: has no images"),
        (lambda root: (make_folder(root), [(root / "train" / e).mkdir() for e in ("é", "e\u0301")]), "two folders 'é'"),
    ],
)
def test_what_is_no_image_folder_is_explained(tmp_path: Path, break_it: Callable[[Path], object], message: str) -> None:
    break_it(tmp_path / "nowhere")
    with pytest.raises(DataError, match=message):
        data_size(DataConfig(name="nowhere", image_size=16), tmp_path)


def test_what_systems_and_notebooks_leave_in_a_folder_is_no_class_and_no_image(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "photos")
    size = data_size(DataConfig(name="photos", image_size=16), tmp_path)
    shutil.copytree(root / "train/class1", root / "train/.ipynb_checkpoints")
    (root / "train/class1/._1.jpg").write_bytes(b"\0\5\x16\7")
    assert data_size(DataConfig(name="photos", image_size=16), tmp_path) == size
    assert list_folder(root).classes == ("class0", "class1", "class2")


def test_a_class_is_found_whatever_form_of_unicode_its_folders_have(tmp_path: Path) -> None:
    """macOS writes é as two characters; the two splits may come from different systems."""
    root = make_folder(tmp_path / "photos")
    (root / "train/class1").rename(root / "train/e\u0301")
    (root / "test/class1").rename(root / "test/\u00e9")
    files = list_folder(root)
    assert files.classes == ("class0", "class2", "\u00e9")
    assert {label for _, label in files.train} == {label for _, label in files.test} == {0, 1, 2}


def test_images_become_squares() -> None:
    wide = torch.zeros(3, 20, 60, dtype=torch.uint8)
    wide[:, :, 20:40] = 200
    square = fit_square(wide, 10)
    assert square.shape == (3, 10, 10)
    assert square.float().mean() > 190
    assert fit_square(square, 10) is square


@pytest.mark.parametrize(("amount", "counts"), [(6, [2, 2, 2]), (7, [3, 2, 2]), (0.5, [5, 5, 5]), (30, [10, 10, 10])])
def test_subsets_are_balanced(amount: int | float, counts: list[int]) -> None:
    labels = torch.arange(30) % 3
    kept = balanced_subset(labels, amount, generator(0, "subset"))
    assert sorted(labels[kept].bincount().tolist(), reverse=True) == counts
    assert kept.tolist() == sorted(set(kept.tolist()))


def test_a_small_class_gives_what_it_has() -> None:
    labels = torch.tensor([0] * 20 + [1] * 2)
    kept = balanced_subset(labels, 10, generator(0, "subset"))
    assert labels[kept].bincount().tolist() == [8, 2]


def test_images_without_a_label_are_no_class_of_their_own() -> None:
    """On STL-10 they are most of the images: the subset holds both kinds in the data's proportion."""
    labels = torch.cat([torch.arange(100) % 5, torch.full((900,), -1)])
    for amount in (200, 0.2):
        kept = labels[balanced_subset(labels, amount, generator(0, "subset"))]
        assert kept[kept >= 0].bincount().tolist() == [4] * 5
        assert (kept < 0).sum() == 180
    few = labels[balanced_subset(labels, 7, generator(0, "subset"))]
    assert (few >= 0).sum() == 1
    assert len(balanced_subset(labels, 1000, generator(0, "subset"))) == 1000


def test_a_part_is_a_share_of_every_class() -> None:
    sizes = [100, 30, 8, 2, 1]
    labels = torch.arange(5).repeat_interleave(torch.tensor(sizes))
    part = stratified_part(labels, 0.1, generator(0, "part"))
    assert labels[part].bincount(minlength=5).tolist() == [10, 3, 1, 1, 0]
    assert part.tolist() == sorted(set(part.tolist()))
    assert stratified_part(labels, 0.99, generator(0, "part")).shape == (99 + 29 + 7 + 1,)
    other = stratified_part(labels, 0.1, generator(1, "part"))
    assert not torch.equal(part, other)


def test_subsets_are_drawn_by_their_seed() -> None:
    labels = torch.arange(1000) % 10
    first, again, other = (balanced_subset(labels, 100, generator(seed, "subset")) for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_a_subset_larger_than_the_data_is_refused() -> None:
    with pytest.raises(DataError, match="6,000 training images"):
        load_data(DataConfig(name="shapes", image_size=32, subset=7000))


def test_batches_are_a_new_permutation_each_epoch() -> None:
    images = random_images(10, 8)
    batches = Batches(Split(images, torch.arange(10)), 3, seed=0, device=torch.device("cpu"))
    assert batches.steps_per_epoch == 3

    def epoch(number: int) -> list[int]:
        seen = [batches[3 * number + position] for position in range(3)]
        labels = torch.cat([batch.labels for batch in seen])
        assert torch.equal(images[labels], torch.cat([squares(batch) for batch in seen]))
        return labels.tolist()

    first, second = epoch(0), epoch(1)
    assert len(set(first)) == len(set(second)) == 9
    assert first != second
    assert epoch(0) == first


class Archive:
    """The attributes of torchvision's CIFAR-10, without a file."""

    classes = ("a", "b", "c")
    base_folder, train_list, test_list = "", (), ()

    def __init__(self, root: Path, train: bool, download: bool) -> None:
        count = 60 if train else 12
        self.data = random_images(count, 32, seed=int(train)).permute(0, 2, 3, 1).numpy()
        self.targets = [number % 3 for number in range(count)]


class Stl10(Archive):
    """A data set like STL-10: channels first, and images without a label."""

    def __init__(self, root: Path, split: str, download: bool) -> None:
        super().__init__(root, split != "test", download)
        self.data = self.data.transpose(0, 3, 1, 2)
        self.labels = np.array([label if number < 30 else -1 for number, label in enumerate(self.targets)])


@pytest.fixture
def archives(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Stands in for the downloads; how many images are made square, by call."""
    squared: list[int] = []

    def look(images: torch.Tensor, size: int) -> torch.Tensor:
        squared.append(len(images))
        return fit_square(images, size)

    monkeypatch.setattr("torchvision.datasets.CIFAR10", Archive)
    monkeypatch.setattr("torchvision.datasets.STL10", Stl10)
    monkeypatch.setattr(archives_module, "fit_square", look)
    known = {name: DATA_SETS[name] for name in ("cifar10", "stl10")}
    for name, entry in known.items():
        resized(name, replace(entry, size=DataSize(60, 12, 3)))
    yield squared
    for name, entry in known.items():
        resized(name, entry)


def resized(name: str, entry: DataSet) -> None:
    """The data set of that name, with other numbers of images."""
    DATA_SETS.remove(name)
    DATA_SETS.register(name, entry)


@pytest.mark.parametrize("name", ["cifar10", "stl10"])
def test_only_the_subset_of_an_archive_is_resized(name: str, archives: list[int], tmp_path: Path) -> None:
    whole = load_data(DataConfig(name=name, image_size=48), tmp_path)
    part = load_data(DataConfig(name=name, image_size=48, subset=24, subset_seed=1), tmp_path)
    assert archives == [60, 12, 24, 12]
    kept = balanced_subset(whole.train.labels, 24, generator(1, "subset"))
    assert torch.equal(pixels(part.train), pixels(whole.train)[kept])
    assert torch.equal(part.train.labels, whole.train.labels[kept])
    assert torch.equal(pixels(part.test), pixels(whole.test))
    assert pixels(part.train).shape == (24, 3, 48, 48)
    assert (part.train.labels < 0).sum() == (12 if name == "stl10" else 0)


def test_data_that_does_not_fit_is_refused_by_its_subset(
    archives: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Memory for 40 images of 48 pixels: room for the 12 test images and 24 others, not for all 72."""
    monkeypatch.setattr("core.data.load.MEMORY_SHARE", memory_share(40, 48))
    with pytest.raises(DataError, match=r"lower data.subset or data.image_size"):
        load_data(DataConfig(name="cifar10", image_size=48), tmp_path)
    assert len(load_data(DataConfig(name="cifar10", image_size=48, subset=24), tmp_path).train) == 24


def test_shapes_by_colour_are_the_same_images_with_their_hue_as_the_class(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))  # fewer images than the cache has under their name
    monkeypatch.setattr(shapes, "COUNTS", {"train": 200, "test": 100})
    form, colour = (load_data(DataConfig(name=name, image_size=16)) for name in ("shapes", "shapes-by-colour"))
    assert torch.equal(pixels(form.train), pixels(colour.train)) and torch.equal(pixels(form.test), pixels(colour.test))
    assert colour.train.labels.bincount().tolist() == [20] * 10
    assert len(colour.classes) == len(form.classes) == 10
    assert 0 < (form.train.labels == colour.train.labels).float().mean() < 0.25  # chance is 0.1


def test_the_hue_of_the_ground_is_found_in_any_light() -> None:
    turns = torch.linspace(-0.05, 0.05, 5)
    ground = shapes._colour(shapes.TINT + turns, torch.full((5,), 0.4), generator(0, "hue"))
    images = (ground[:, :, None, None] * torch.linspace(0.5, 1.2, 64).view(1, 1, 8, 8)).mul(255).round().to(torch.uint8)
    images[:, :, 0] = torch.tensor([200, 90, 30], dtype=torch.uint8)[:, None]  # a stroke of paint
    assert ground_hues(images).tolist() == pytest.approx(turns.tolist(), abs=0.004)
    assert tenths(torch.tensor([3.0, 1.0, 2.0, 5.0, 4.0])).tolist() == [4, 0, 2, 8, 6]
