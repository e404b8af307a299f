"""Results that a storage has of a study's trials, and that are not known to be of the images as they are now."""

import time
from collections.abc import Iterator

from ablations.planning.own_images.old_results import unknown_folders
from ablations.planning.plan import Plan
from ablations.types.wording import counted
from core.data.catalog import KNOWN_FOLDERS
from core.data.fingerprint import DECODING


def other_images(plan: Plan) -> Iterator[str]:
    """A sentence for each folder that is not what its name says or is not known yet, for results from before
    fingerprints, and for each content that a folder had before."""
    yield from _not_as_published(plan)
    for name in dict.fromkeys(config.name for config in unknown_folders(plan.trials)):
        yield f"{name} is not copied to this machine yet: 'ablate run' copies it first, and ids follow from its images"
    yield from _older(plan)
    yield from _of_other_images(plan)


def _older(plan: Plan) -> Iterator[str]:
    """The sentence counts nothing, so that a collection says it once."""
    if plan.unmarked:
        yield (
            "this storage has results of these trials that are older than fingerprints of images. 'ablate run' takes "
            "them over: they count for the images as they are now; with --retrain-old it trains them again"
        )


def _of_other_images(plan: Plan) -> Iterator[str]:
    for note, count in plan.other_images:
        name, day = note.source["name"], time.strftime("%d %b %Y", time.localtime(note.taken_at))
        size = f"{note.size.train:,} training and {note.size.test:,} test images"
        change = f"{name} has other images than on {day} ({size})"
        if note.decoding != DECODING:
            change = f"images of {name} are decoded otherwise than on {day} (version {note.decoding}, now {DECODING})"
        yield (
            f"{change}: this storage has results of {counted(count, 'trial')} on those; they stay there under their "
            "own ids, and are not drawn here"
        )


def _not_as_published(plan: Plan) -> Iterator[str]:
    """Folders with the name of a published data set and other numbers of test images or classes."""
    for data, size in plan.sizes.items():
        known = KNOWN_FOLDERS.get(data.name)
        if known and (size.test, size.classes) != (known.test, known.classes):
            yield (
                f"{data.name} has {size.test:,} test images of {size.classes:,} classes here, and {known.test:,} of "
                f"{known.classes:,} as published, so scores are not comparable; give a part of it a name of its own"
            )
