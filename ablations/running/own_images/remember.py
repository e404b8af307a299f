"""Keeps which images a run is on: for its reports, and for machines without the images."""

from collections.abc import Iterable

from ablations.planning.own_images.fingerprints import Folders
from ablations.planning.plan import Plan
from ablations.store.own_images.last_run import save_last_run
from ablations.store.own_images.notes import note_of, save_notes
from ablations.types.own_images import data_of
from core.remote import AnyPath


def remember_images(plans: Iterable[Plan], storage: AnyPath, data_dir: AnyPath) -> None:
    """Keep the fingerprints of each study's images, and a note of every folder that has other images than before."""
    folders = Folders(data_dir, storage)
    for plan in plans:
        used = list(dict.fromkeys(data for trial in plan.trials for _, data in data_of(trial.config)))
        save_last_run(storage, plan.scaled.study.name, plan.scaled.label, used)
        new = [data.source for data in used if data.fingerprint and note_of(storage, data) is None]
        save_notes(storage, filter(None, map(folders.note, dict.fromkeys(new))))
