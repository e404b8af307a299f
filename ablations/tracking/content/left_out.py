"""Images that a study's results do without, since they do not decode."""

from collections.abc import Iterator, Sequence

from ablations.store.own_images.notes import load_notes
from ablations.types.wording import counted
from core.remote import AnyPath


def left_out(images: Sequence[str], root: AnyPath) -> Iterator[str]:
    """``3 images of phone that do not decode``, for each set of which some were skipped.

    ``images`` are texts of ``ablations.types.own_images.images_text``; ``root`` is the storage, which has the numbers.
    """
    for name, fingerprint in dict.fromkeys(tuple(one.split()) for text in images for one in text.split(", ")):
        for note in load_notes(root, name):
            if note.fingerprint.value == fingerprint and note.skipped:
                verb = "do" if note.skipped > 1 else "does"
                yield f"{counted(note.skipped, 'image')} of {name} that {verb} not decode"
