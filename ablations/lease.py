"""Who may train what: a lease on an encoder, held by one run at a time; see ``ablations.turns``."""

from functools import partial

from ablations.live import is_live
from ablations.store import TrialStore
from ablations.turns import NOBODY, FencedError, Lease, newest, take_turn

__all__ = ["FencedError", "Lease", "holder", "take"]


def holder(store: TrialStore, pretrain_id: str) -> str | None:
    """The live run that holds it."""
    _, run = newest(store.encoder_folder(pretrain_id))
    return run if run != NOBODY and is_live(store.root, run) else None


def take(store: TrialStore, pretrain_id: str, run: str) -> Lease | None:
    """None where another live run holds it; see ``take_turn``."""
    return take_turn(store.encoder_folder(pretrain_id), run, partial(is_live, store.root))
