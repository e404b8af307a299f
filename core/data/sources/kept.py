"""Numbers of training images that a configuration keeps of each class: a long tail, or some classes."""

import hashlib
from collections.abc import Sequence

from core.config.data import DataConfig, is_all
from core.errors import DataError


def kept_counts(counts: Sequence[int], names: Sequence[str], config: DataConfig) -> list[int]:
    """Return how many images of each class are kept, of classes that have ``counts`` images.

    Some of the classes are chosen by ``config.classes``. If ``config.imbalance`` is r, the numbers of the k chosen
    classes fall exponentially, n_i proportional to r^(-i / (k - 1)) as in Cui et al. (2019), in an order of the classes
    that is drawn; else they are equal, to within one. They are as many as ``config.subset`` says, or as there are
    images for. Raises ``DataError`` where there are too few.
    """
    chosen = _chosen(names, config)
    if config.imbalance is None:
        found = _equal([counts[number] for number in chosen], _total(sum(counts[n] for n in chosen), config))
    else:
        chosen = sorted(chosen, key=lambda number: _rank("imbalance", config, number))
        found = _tail([counts[number] for number in chosen], config)
    kept = dict(zip(chosen, found, strict=True))
    return [kept.get(number, 0) for number in range(len(counts))]


def _chosen(names: Sequence[str], config: DataConfig) -> list[int]:
    """The numbers of the classes that are kept."""
    wanted = config.classes
    if wanted is None:
        return list(range(len(names)))
    if isinstance(wanted, int):
        if wanted > len(names):
            raise DataError(f"data.classes is {wanted}, but {config.name} has {len(names)}; lower it")
        return sorted(sorted(range(len(names)), key=lambda number: _rank("classes", config, number))[:wanted])
    if unknown := [name for name in wanted if name not in names]:
        raise DataError(f"data.classes names {unknown[0]!r}, and {config.name} has {', '.join(names[:10])}")
    return sorted(names.index(name) for name in wanted)


def _rank(what: str, config: DataConfig, number: int) -> bytes:
    """The place of a class in a random order."""
    return hashlib.sha256(f"{what}/{config.subset_seed}/{number}".encode()).digest()


def _total(most: int, config: DataConfig) -> int:
    """The number of images in all, where there are ``most``."""
    total = max(1, round(config.subset * most)) if isinstance(config.subset, float) else config.subset
    if total > most:
        told = [f"data.imbalance {config.imbalance:g}"] if config.imbalance is not None else []
        told += [f"data.classes {config.classes}"] if config.classes is not None else []
        raise DataError(
            f"data.subset is {total:,}, but with {' and '.join(told)} {config.name} has {most:,} training images; "
            "lower it"
        )
    return total


def _equal(counts: list[int], total: int) -> list[int]:
    """Shares of a total, all equal but for classes that have less."""
    kept = [0] * len(counts)
    order = sorted(range(len(counts)), key=counts.__getitem__)
    for place, number in enumerate(order):
        kept[number] = min(counts[number], total // (len(order) - place))
        total -= kept[number]
    return kept


def _tail(counts: list[int], config: DataConfig) -> list[int]:
    """Numbers that fall exponentially, in the order of the classes."""
    assert config.imbalance is not None
    steps = max(1, len(counts) - 1)
    weights = [config.imbalance ** (-place / steps) for place in range(len(counts))]
    largest = min(count / weight for count, weight in zip(counts, weights, strict=True))
    total = _total(sum(int(largest * weight) for weight in weights), config)
    scale = largest if is_all(config.subset) else total / sum(weights)
    exact = [scale * weight for weight in weights]
    kept = [int(number) for number in exact]
    by_rest = sorted(range(len(exact)), key=lambda place: kept[place] - exact[place])
    for place in by_rest[: total - sum(kept)]:
        kept[place] += 1
    if 0 in kept:
        raise DataError(
            f"data.imbalance is {config.imbalance:g}, and of {total:,} images of {config.name} the smallest class "
            "would have none; lower data.imbalance or raise data.subset"
        )
    return kept
