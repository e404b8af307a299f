"""``ablate data``: everything that is wrong with a folder is listed at once, with its number."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_line import ablate
from image_folders import make_folder
from PIL import Image

from core import DataConfig, DataError
from core.data.sources.check_folder import check_folder
from core.data.sources.find import data_size
from core.data.sources.finding import DataCheck


def kinds(check: DataCheck) -> dict[str, tuple[bool, tuple[str, ...]]]:
    return {finding.kind: (finding.refused, finding.places) for finding in check.findings}


def spoiled(root: Path) -> Path:
    """A folder with one of everything that people have."""
    make_folder(root)
    train, test = root / "train", root / "test"
    (train / "class0/1.jpg").write_bytes((train / "class0/1.jpg").read_bytes()[:300])
    (train / "class1/0.png").write_text("no image")
    (train / "class1/photo.HEIC").write_bytes(b"1")
    (train / "class1/notes.txt").write_text("1")
    (train / "class1/README").write_text("1")
    (train / "class1/._0.png").write_bytes(b"1")
    shutil.copytree(train / "class1", train / ".ipynb_checkpoints")
    (train / "class2/more").mkdir()
    shutil.copy(test / "class0/0.png", train / "class2/more/0.png")
    shutil.copy(test / "class0/0.png", train / "loose.png")
    shutil.copy(test / "class0/0.png", root / "loose.png")
    (train / "empty").mkdir()
    (train / "\u00e9").mkdir()
    (train / "e\u0301").mkdir()
    shutil.copytree(test / "class0", test / "unknown")
    shutil.rmtree(test / "class2")
    shutil.copytree(test, root / "val")
    Image.fromarray(np.full((9, 9), 4095, np.uint16)).save(train / "class2/dark.png")
    return root


def test_everything_is_listed_at_once(tmp_path: Path) -> None:
    check = check_folder(spoiled(tmp_path / "photos"))
    found = kinds(check)
    (refused, broken) = found.pop("images that do not decode")
    assert refused
    assert [place.partition(" (")[0] for place in broken] == ["train/class0/1.jpg", "train/class1/0.png"]
    assert "runcated" in broken[0]
    assert found == {
        "class folders with one name in two forms of Unicode": (True, ("train/e\u0301", "train/\u00e9")),
        "class folders without images": (True, ("train/empty", "train/e\u0301", "train/\u00e9")),
        "test classes that are not in train": (True, ("test/unknown",)),
        "classes without test images": (False, ("class2", "empty", "\u00e9")),
        "images in val, which is not read beside test": (
            False,
            tuple(f"val/{name}/{file}" for name in ("class0", "class1", "unknown") for file in ("0.png", "1.jpg")),
        ),
        "images that lie in no class folder, or deeper": (
            False,
            ("loose.png", "train/loose.png", "train/class2/more/0.png"),
        ),
        "files without a suffix, which are not read": (False, ("train/class1/README",)),
        "files with the suffix .heic, which are not read": (False, ("train/class1/photo.HEIC",)),
        "files with the suffix .txt, which are not read": (False, ("train/class1/notes.txt",)),
        "hidden files and folders, which are not read": (False, ("train/.ipynb_checkpoints/", "train/class1/._0.png")),
        "images that are almost black": (False, ("train/class2/dark.png",)),
    }
    assert check.splits["train"] == {"class0": 4, "class1": 4, "class2": 5, "empty": 0, "\u00e9": 0}
    assert check.splits["test"] == {"class0": 2, "class1": 2, "unknown": 2}
    assert [finding.refused for finding in check.findings] == sorted(
        (finding.refused for finding in check.findings), reverse=True
    )


def test_a_good_folder_has_the_numbers_of_its_plan(tmp_path: Path) -> None:
    make_folder(tmp_path / "photos")
    seen: list[tuple[int, int]] = []
    check = check_folder(tmp_path / "photos", lambda *call: seen.append(call))
    assert check.findings == ()
    size = data_size(DataConfig(name="photos"), tmp_path)
    assert [sum(counts.values()) for counts in check.splits.values()] == [size.train, size.test]
    assert seen[-1] == (18, 18)


def test_a_folder_without_a_split(tmp_path: Path) -> None:
    make_folder(tmp_path / "made")
    (tmp_path / "made/train").rename(tmp_path / "photos")
    assert check_folder(tmp_path / "photos").findings == ()
    for number in range(1, 4):
        next((tmp_path / "photos/class1").glob(f"{number}.*")).unlink()
    shutil.rmtree(tmp_path / "photos/class2")
    shutil.rmtree(tmp_path / "photos/class0")
    check = check_folder(tmp_path / "photos")
    assert kinds(check) == {
        "classes of one image, of which a split needs two": (True, ("class1",)),
        "only class": (False, ("class1",)),
    }


@pytest.mark.parametrize("split", [None, 0.2])
def test_what_is_refused_here_is_refused_by_a_plan(split: float | None, tmp_path: Path) -> None:
    root = spoiled(tmp_path / "photos")
    for name in ("e\u0301", "\u00e9"):
        (root / "train" / name).rmdir()
    with pytest.raises(DataError):
        data_size(DataConfig(name="photos", split=split), tmp_path)


def test_the_command_prints_all_that_is_refused_and_few_of_the_notes(tmp_path: Path) -> None:
    spoiled(tmp_path / "photos")
    code, output = ablate("data", "photos", "--data-dir", str(tmp_path))
    assert code == 2
    for line in (
        "train  13 images of 5 classes, 0 to 5 of each",
        "test   6 images of 3 classes, 2 of each",
        "refused: images that do not decode (2); replace or remove them",
        "note: files with the suffix .heic, which are not read (1); convert images to .png, .jpg",
        "    and 1 more",
    ):
        assert line in output


def test_the_command_says_that_a_folder_is_good_or_not_there(tmp_path: Path) -> None:
    make_folder(tmp_path / "photos")
    code, output = ablate("data", "photos", "--data-dir", str(tmp_path))
    assert (code, output.splitlines()[-2]) == (0, "nothing is wrong with it")
    assert re.fullmatch("fingerprint [0-9a-f]{16}, of 18 files", output.splitlines()[-1])
    (tmp_path / "photos/train").rename(tmp_path / "own")
    assert "no test split: set data.split: 0.2" in ablate("data", "own", "--data-dir", str(tmp_path))[1]
    code, output = ablate("data", "phtos", "--data-dir", str(tmp_path))
    assert code == 2
    assert "no folder" in output
    code, output = ablate("data", "cifar10", "--data-dir", str(tmp_path))
    assert code == 2
    assert "built-in" in output


def test_the_command_checks_the_very_set_that_a_study_names(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "made")
    (root / "train").rename(tmp_path / "photos")
    (tmp_path / "photos/class0/0.png").write_bytes(b"no image")
    given = ["data", "photos", "--data-dir", str(tmp_path), "--split", "0.3"]
    assert ablate(*given)[0] == 2
    told = {seed: ablate(*given, "--unreadable", "skip", "--split-seed", seed) for seed in ("0", "1")}
    assert all(code == 0 for code, _ in told.values())
    assert "note: images that do not decode (1); they are left out" in told["1"][1]
    assert (
        "photos: 8 training and 3 test images of 3 classes; split 0.3 of each class by seed 1; 1 image" in told["1"][1]
    )
    assert len({text.splitlines()[-1] for _, text in told.values()}) == 2
    code, text = ablate("data", "photos", "--data-dir", str(tmp_path), "--unlabelled", "a/b")
    assert (code, "data.unlabelled: 'a/b': String should match" in text) == (2, True)


def test_the_command_reads_images_without_labels_too(tmp_path: Path) -> None:
    root = make_folder(tmp_path / "birds")
    make_folder(root / "crawled")
    (root / "crawled/train/class0/0.png").write_bytes(b"no image")
    given = ["data", "birds", "--data-dir", str(tmp_path)]
    code, text = ablate(*given)
    assert (code, "images in crawled, which is not read (18)" in text) == (0, True)
    code, text = ablate(*given, "--unlabelled", "crawled")
    assert (code, "    crawled/train/class0/0.png (" in text, "which is not read" in text) == (2, True, False)
    code, text = ablate(*given, "--unlabelled", "crawled", "--unreadable", "skip")
    assert (code, "birds: 29 training and 6 test images of 3 classes; 1 image left out" in text) == (0, True)
