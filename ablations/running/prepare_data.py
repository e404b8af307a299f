"""Decodes data before anything trains: an image that does not decode costs no training, and workers find it done.

Data that does not fit in memory is streamed, and only a few of its images are decoded here.
"""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from ablations.planning.plan import Plan
from ablations.running.own_images.load import load_images
from ablations.running.schedule import Where
from ablations.store.data_copies import local_images
from ablations.store.prepared import is_prepared, note_prepared
from ablations.types.errors import StudyError
from core import DataError
from core.config import DataConfig
from core.data.catalog import DATA_SETS
from core.remote import AnyPath


def needed_data(plan: Plan) -> list[DataConfig]:
    """Every data set that what is left needs."""
    return list(dict.fromkeys(data for unit in plan.units for trial in unit.trials for data in trial.config.all_data))


def is_elsewhere(config: DataConfig, where: Where) -> bool:
    """Whether only other machines of a cluster have a folder, which the plan knows by a note in the storage. Each of
    them compares its images with the fingerprint."""
    is_cluster = where.address != "local" and not where.inline
    if not is_cluster or config.fingerprint is None or not isinstance(where.data_dir, Path):
        return False
    if config.name in DATA_SETS:  # the user's own function may read from anywhere
        return False
    return not (where.data_dir / config.name).exists()


def prepare_data(needed: Sequence[DataConfig], data_dir: AnyPath, console: Console) -> None:
    """Load every data set once, unless this machine has before. Raises ``StudyError``."""

    def tell(text: str) -> None:
        console.print(text, style="dim")

    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        tasks: dict[str, int] = {}

        def show(task: str, done: int, total: int) -> None:
            if task not in tasks:
                tasks[task] = bar.add_task(task, total=total)
            bar.update(tasks[task], completed=done)  # type: ignore[arg-type]

        for config in needed:
            local = local_images(config, data_dir, tell)
            if is_prepared(config, local):
                continue
            try:
                load_images(config, data_dir, tell, show)
            except DataError as error:
                raise StudyError(f"data: {error}{_more(config.name)}") from error
            note_prepared(config, local)


def _more(name: str) -> str:
    """How to see everything that is wrong with an image folder; empty for built-in data."""
    return "" if name in DATA_SETS else f"; 'ablate data {name}' lists all that is wrong with it"
