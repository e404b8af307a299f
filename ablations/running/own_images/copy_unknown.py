"""Copies folders of an object store whose images are not known, before the plan of a run is made whole."""

from collections.abc import Callable

from ablations.planning.collection_plan import CollectionPlan
from ablations.planning.own_images.old_results import unknown_folders
from ablations.store.data_copies import local_images
from core.remote import AnyPath


def copy_unknown(plan: CollectionPlan, data_dir: AnyPath, tell: Callable[[str], None]) -> bool:
    """Copy the folders to this machine. Returns whether there were any: then the plan is to be made again."""
    unknown = unknown_folders([trial for one in plan.plans for trial in one.trials])
    for config in unknown:
        local_images(config, data_dir, tell, fresh=True)
    return bool(unknown)
