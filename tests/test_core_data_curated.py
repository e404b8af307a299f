"""A long tail or some classes for the pretraining, and all classes alike for the evaluation."""

from typing import Any

import pytest
import torch

from ablations.types.choices import choices_of
from ablations.types.identity import pretrain_id, trial_id
from core import DataConfig, DataError, load_data
from core.config import Frozen, PretrainConfig, TrainConfig
from core.config.data import EvaluationData
from core.data.catalog import DATA_SETS
from core.data.sources.find import data_size
from core.data.sources.kept import kept_counts


def shapes(**more: Any) -> DataConfig:
    return DataConfig(name="shapes", image_size=8, **more)


def kept(counts: list[int], **more: Any) -> list[int]:
    return kept_counts(counts, [chr(97 + number) for number in range(len(counts))], shapes(**more))


@pytest.mark.parametrize("ratio", [2.0, 10, 100])
@pytest.mark.parametrize("subset", [1.0, 0.5, 1000])
def test_a_long_tail_falls_exponentially_from_the_largest_class_to_the_smallest(
    ratio: float, subset: int | float
) -> None:
    found = sorted(kept([600] * 10, imbalance=ratio, subset=subset), reverse=True)
    assert found[0] / found[-1] == pytest.approx(ratio, rel=0.2)
    steps = torch.tensor(found, dtype=torch.float64).log().diff()
    assert steps.std() < 0.15
    if subset == 1.0:
        assert found[0] == 600
        assert found == [pytest.approx(600 * ratio ** (-place / 9), abs=1) for place in range(10)]
    if subset == 1000:
        assert sum(found) == 1000


def test_no_class_gives_more_than_it_has() -> None:
    counts = [500, 20, 300, 90]
    found = kept(counts, imbalance=5.0)
    assert all(0 < one <= most for one, most in zip(found, counts, strict=True))
    assert max(found) / min(found) == pytest.approx(5, rel=0.2)
    for amount in (400, 1.0, 0.3):
        equal = kept(counts, classes=("a", "b", "d"), subset=amount)
        assert equal[2] == 0
        assert sum(equal) == (amount if isinstance(amount, int) else round(amount * 610))
        assert equal[1] == min(20, max(equal) if amount != 1.0 else 20)


def test_which_class_is_large_is_drawn() -> None:
    assert len({tuple(kept([60] * 10, imbalance=10.0, subset_seed=seed)) for seed in range(5)}) == 5
    chosen = [{n for n, one in enumerate(kept([60] * 10, classes=3, subset_seed=seed)) if one} for seed in range(5)]
    assert all(len(one) == 3 for one in chosen)
    assert len(set(map(frozenset, chosen))) > 1


def test_plan_and_data_agree_and_the_evaluation_stays_balanced() -> None:
    config = shapes(imbalance=10.0, subset=300, subset_seed=3)
    data, size = load_data(config), data_size(config, None)  # type: ignore[arg-type]
    found = data.train.labels.bincount(minlength=10).tolist()
    assert (sum(found), size.train, list(size.counts["train"].values())) == (300, 300, found)
    assert max(found) >= 8 * min(found)
    scored = TrainConfig(pretrain=PretrainConfig(data=config, batch_size=8)).evaluation_data
    assert load_data(scored).train.labels.bincount().tolist() == [30] * 10
    assert data.test.labels.bincount().tolist() == [200] * 10
    some = load_data(shapes(classes=2, subset=40)).train.labels.bincount(minlength=10)
    assert sorted(some.tolist()) == [0] * 8 + [20] * 2


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"imbalance": 100.0, "subset": 5000}, "data.subset is 5,000, but with data.imbalance 100 shapes has 1,4"),
        ({"imbalance": 1000.0, "subset": 100}, "the smallest class would have none; lower data.imbalance"),
        ({"classes": 11}, "data.classes is 11, but shapes has 10"),
        ({"classes": ("0", "eel")}, "data.classes names 'eel', and shapes has 0, 1"),
        ({"name": "stl10", "imbalance": 2.0}, "stl10 has classes whose sizes are not known"),
    ],
)
def test_what_cannot_be_kept_is_explained(more: dict[str, Any], message: str) -> None:
    with pytest.raises(DataError, match=message):
        data_size(DataConfig(**{"name": "shapes", "image_size": 8} | more), None)  # type: ignore[arg-type]


def test_images_without_labels_have_no_classes_to_choose() -> None:
    with pytest.raises(ValueError, match="imbalance is for images with labels"):
        shapes(imbalance=10.0, unlabelled="crawl")


def test_the_choice_is_part_of_the_identity_and_follows_the_seed() -> None:
    configs = [PretrainConfig(data=shapes(**more)) for more in ({}, {"imbalance": 10.0}, {"classes": 3})]
    assert len(set(map(pretrain_id, configs))) == 3
    assert {"imbalance", "classes", "unlabelled", "unreadable"}.isdisjoint(shapes().model_dump())
    assert ("data", "subset_seed") in choices_of(TrainConfig(pretrain=configs[1]))
    assert ("data", "subset_seed") not in choices_of(TrainConfig(pretrain=PretrainConfig(data=shapes(classes=("1",)))))
    elsewhere = [TrainConfig(pretrain=one, evaluate=Frozen(data=EvaluationData(name="stl10"))) for one in configs]
    assert len(set(map(trial_id, elsewhere))) == 3


def test_the_known_classes_are_as_large_as_they_are() -> None:
    equal = {name: entry.size for name, entry in DATA_SETS.items() if entry.size.counts}
    assert equal.keys() >= {"shapes", "cifar10", "cifar100"}
    for size in equal.values():
        assert sum(size.counts["train"].values()) == size.train
    assert set(load_data(shapes()).train.labels.bincount().tolist()) == {600}
