"""Streamed data is the same data: same noise, same order, from any step on; and its workers come to an end."""

import multiprocessing
import os
import select
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from core import DataConfig, DataError, encoder_hash, load_data, pretrain
from core.data.batches import Batches, batches_from, epoch_order, place
from core.data.dataset import Dataset, Split
from core.data.streamed import StreamedImages
from core.distributed import Share
from core.trained.features import encode
from helpers import memory_share, pixels, random_images, small_config, squares

CPU = torch.device("cpu")
DATA = DataConfig(name="photos", image_size=16)
TRAIN, TEST = 22, 9


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes of 24 x 20 JPEGs, no two of them alike."""
    for split, count in (("train", TRAIN), ("test", TEST)):
        for number, noise in enumerate(random_images(count, 24, seed=count)):
            path = tmp_path / "photos" / split / f"class{number % 2}" / f"{number:02}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(noise[:, :20].permute(1, 2, 0).numpy()).save(path)
    return tmp_path


@pytest.fixture
def both(folder: Path) -> tuple[Dataset, Dataset]:
    """The folder in memory, and streamed."""
    return load_data(DATA, folder, stream=False), load_data(DATA, folder, stream=True)


@pytest.fixture(autouse=True)
def no_worker_is_left() -> Iterator[None]:
    yield
    assert multiprocessing.active_children() == []


def assert_same(batch: Split, expected: Split) -> None:
    assert torch.equal(pixels(batch), pixels(expected))
    assert torch.equal(batch.labels, expected.labels)


def test_streamed_images_index_as_a_tensor_does(both: tuple[Dataset, Dataset]) -> None:
    whole, streamed = (data.train.images for data in both)
    assert isinstance(whole, torch.Tensor)
    assert isinstance(streamed, StreamedImages)
    assert len(whole) == len(streamed) == TRAIN
    for index in (slice(None), slice(3, 11, 2), torch.tensor([7, 0, 7]), torch.arange(TRAIN) % 3 == 0, slice(0, 0)):
        assert torch.equal(streamed[index], whole[index])
        assert torch.equal(streamed.part(index)[:], whole[index])


def test_a_part_of_a_streamed_split_is_streamed(both: tuple[Dataset, Dataset]) -> None:
    some = [replace(data.train, labels=data.train.labels.where(torch.arange(TRAIN) < 8, -1)) for data in both]
    expected, streamed = (split.labelled() for split in some)
    assert isinstance(streamed.images, StreamedImages)
    assert len(streamed) == 8
    assert torch.equal(streamed.images[:], pixels(expected))
    assert torch.equal(streamed.labels, expected.labels)


@pytest.mark.parametrize("batch_size", [5, 1])
def test_batches_are_those_of_the_data_in_memory(both: tuple[Dataset, Dataset], batch_size: int) -> None:
    """From step 0 through an epoch's end, then from a step in the middle of another epoch, then back."""
    whole, streamed = (Batches(place(data.train, CPU), batch_size, seed=0, device=CPU) for data in both)
    assert whole.steps_per_epoch == streamed.steps_per_epoch == TRAIN // batch_size
    for step in (0, 1, 2, 3, 4, 5, 13, 14, 2):
        assert_same(streamed[step], whole[step])
    streamed.close()
    assert multiprocessing.active_children() == []
    assert_same(streamed[6], whole[6])


def test_a_share_of_every_batch_is_its_rows(both: tuple[Dataset, Dataset]) -> None:
    whole = Batches(place(both[0].train, CPU), 6, seed=0, device=CPU)
    own = Batches(place(both[1].train, CPU), 6, 0, CPU, Share(1, 3))
    for step in (0, 1, 2, 3):
        assert torch.equal(squares(own[step]), squares(whole[step])[2:4])
        assert torch.equal(own[step].labels, whole[step].labels)
    own.close()


def test_the_order_from_a_step_on_is_that_of_all_steps_without_those_before_it() -> None:
    """Nothing else is decoded ahead: what a resumed training has behind it is not decoded again."""
    orders = [epoch_order(22, 3, epoch)[:20].split(5) for epoch in range(3)]
    every = [batch.tolist() for epoch in orders for batch in epoch]
    for step in (0, 1, 4, 7, 8):
        order = batches_from(step, 22, 5, seed=3)
        assert [next(order).tolist() for _ in range(12 - step)] == every[step:]


def test_a_streamed_training_is_bit_for_bit_the_one_in_memory(both: tuple[Dataset, Dataset]) -> None:
    config = small_config(data=DATA.model_dump(), batch_size=6, epochs=2)
    whole, streamed = (pretrain(config, data, device="cpu") for data in both)
    assert encoder_hash(streamed.encoder) == encoder_hash(whole.encoder)
    assert [e.metrics for e in streamed.history] == [e.metrics for e in whole.history]


def test_a_streamed_training_is_continued_where_it_was(both: tuple[Dataset, Dataset], tmp_path: Path) -> None:
    """In the middle of an epoch, and of data that was in memory before."""
    config, path = small_config(data=DATA.model_dump(), batch_size=6, epochs=2), tmp_path / "checkpoint.pt"
    whole, streamed = both
    expected = pretrain(config, whole, device="cpu")
    seen = 0

    def interrupt(history: object) -> None:
        nonlocal seen
        seen += 1
        if seen == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pretrain(config, streamed, device="cpu", checkpoint=path, checkpoint_seconds=0, on_checkpoint=interrupt)
    assert multiprocessing.active_children() == []
    continued = pretrain(config, streamed, device="cpu", checkpoint=path)
    assert encoder_hash(continued.encoder) == encoder_hash(expected.encoder)


def test_features_are_those_of_the_data_in_memory(
    both: tuple[Dataset, Dataset], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In batches of 4, so that the last one is smaller."""
    monkeypatch.setattr("core.trained.features.BATCH", 4)
    config = small_config(data=DATA.model_dump(), epochs=0)
    pretrained = pretrain(config, both[0], device="cpu")
    (expected, labels), (features, streamed_labels) = (
        encode(pretrained.encoder, pretrained, data.test) for data in both
    )
    assert features.shape == (TEST, pretrained.encoder.width)
    assert torch.equal(features, expected)
    assert torch.equal(streamed_labels, labels)


def test_the_global_random_state_is_left_alone(both: tuple[Dataset, Dataset]) -> None:
    state = torch.get_rng_state()
    Batches(both[1].train, 5, seed=0, device=CPU)[0]
    assert torch.equal(torch.get_rng_state(), state)


STREAM = """
import multiprocessing, sys
from pathlib import Path
import torch
from core import DataConfig, load_data
from core.data.batches import Batches

if __name__ == "__main__":
    data = load_data(DataConfig(name="photos", image_size=16), Path(sys.argv[1]), stream=True)
    batches = Batches(data.train, 5, 0, torch.device("cpu"))
    batches[0]
    print(*(process.pid for process in multiprocessing.active_children()), flush=True)
    sys.stdin.read()
"""


def test_workers_end_with_a_process_that_is_killed(folder: Path) -> None:
    """Ray kills its workers; processes that they started must not stay and fill the memory."""
    Path("stream.py").write_text(STREAM)
    command = [sys.executable, "stream.py", str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        workers = [os.pidfd_open(int(pid)) for pid in process.stdout.readline().split()]
        process.kill()
    assert workers
    for worker in workers:
        ended, _, _ = select.select([worker], [], [], 60)
        os.close(worker)
        assert ended


def spoil(folder: Path, number: int) -> Path:
    path = sorted((folder / "photos/train").glob("*/*"))[number]
    path.write_bytes(path.read_bytes()[:300])
    return path


def test_a_file_that_does_not_decode_ends_a_training_with_its_path(folder: Path) -> None:
    """The message has nothing else: no traceback of a worker."""
    bad = spoil(folder, 5)
    data = load_data(DATA, folder, stream=True)
    with pytest.raises(DataError) as raised:
        pretrain(small_config(data=DATA.model_dump(), batch_size=11), data, device="cpu")
    assert str(raised.value).startswith(f"{bad}: does not decode as an image (")
    assert str(raised.value).endswith("; replace or remove the file")
    assert "\n" not in str(raised.value)
    assert multiprocessing.active_children() == []


def test_data_of_the_wrong_kind_is_found_when_it_is_loaded(folder: Path) -> None:
    """A few images are decoded at once, the first and the last among them."""
    for number in (0, -1):
        bad = spoil(folder, number)
        with pytest.raises(DataError, match=bad.name):
            load_data(DATA, folder, stream=True)
        bad.unlink()


@pytest.mark.parametrize(
    ("room", "subset", "streamed", "decoded"),
    [(31, 1.0, False, 31), (30, 1.0, True, 0), (30, 20, False, 29), (30, 4, False, 13), (12, 4, True, 0)],
)
def test_what_does_not_fit_is_streamed(
    folder: Path, monkeypatch: pytest.MonkeyPatch, room: int, subset: float, streamed: bool, decoded: int
) -> None:
    """The memory has room for so many images. If only the subset fits, the rest of the folder is not decoded."""
    monkeypatch.setattr("core.data.load.MEMORY_SHARE", memory_share(room + 0.5, 16))
    calls: list[int] = []
    data = load_data(DATA.model_copy(update={"subset": subset}), folder, lambda task, done, total: calls.append(done))
    assert isinstance(data.train.images, StreamedImages) is streamed
    assert len(calls) == decoded
    monkeypatch.undo()
    expected = load_data(DATA.model_copy(update={"subset": subset}), folder, stream=False)
    assert_same(Split(data.train.images[:], data.train.labels), expected.train)
    assert torch.equal(data.test.images[:], expected.test.images[:])


@pytest.fixture
def imagenet(folder: Path) -> Path:
    """ImageNet as it is unpacked: ``val`` in class folders, suffixes in upper case."""
    (folder / "photos/test").rename(folder / "photos/val")
    for path in sorted((folder / "photos").glob("*/*/*")):
        path.rename(path.with_suffix(".JPEG"))
    return folder


@pytest.mark.parametrize("more", [lambda root: None, lambda root: (root / "test").mkdir()], ids=["", "flat test"])
def test_imagenets_own_layout_is_an_image_folder(imagenet: Path, more: Callable[[Path], object]) -> None:
    """Its ``test``, where it is there too, has no labels and so no class folders."""
    more(imagenet / "photos")
    data = load_data(DATA, imagenet)
    assert (len(data.train), len(data.test)) == (TRAIN, TEST)
    assert data.test.labels.bincount().tolist() == [5, 4]


def test_test_comes_before_val(imagenet: Path, folder: Path) -> None:
    path = folder / "photos/test/class1/alone.png"
    path.parent.mkdir(parents=True)
    Image.new("RGB", (16, 16)).save(path)
    assert load_data(DATA, folder).test.labels.tolist() == [1]
