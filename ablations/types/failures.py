"""Kinds of failure: what each means, and what to do next."""

import re
from typing import Literal, get_args

from core import Collapsed, DataError, Diverged, ProcessLost
from core.errors import MissingData, OtherData, is_out_of_memory

Kind = Literal[
    "out_of_memory",
    "diverged",
    "collapsed",
    "bad_data",
    "missing_data",
    "other_data",
    "worker_lost",
    "node_lost",
    "timed_out",
    "bug",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

NEXT: dict[Kind, str] = {
    "out_of_memory": "It had a whole device to itself: over Ray it was tried again alone, and --inline trains one at a "
    "time. Use a larger device, or the settings that bound memory and keep the batch; a smaller batch is another "
    "experiment.",
    "diverged": "Lower optimizer.learning_rate, lengthen schedule.warmup_epochs, or raise loss.temperature: each is "
    "another trial. Running the same trial again ends the same way. To score one whose loss is finite as it is: "
    "end_on_collapse: false, and --retry diverged.",
    "collapsed": "All images have one projection. A batch norm in the head, a lower rate, or a predictor or "
    "stop-gradient that was switched off is another trial. To score it as it is: end_on_collapse: false, and --retry "
    "collapsed.",
    "bad_data": "Repair or remove the file that is named, then --retry bad_data.",
    "missing_data": "Put back what is named, then run the same command again.",
    "other_data": "The images are not those that the plan saw. If a machine has an older copy, bring it up to date: it "
    "fails the same way until then. If you changed them, 'ablate plan' shows the trials of the images as they are now.",
    "worker_lost": "Its process was killed or crashed, more often than it is started again. --retry worker_lost "
    "continues from the last checkpoint.",
    "node_lost": "The machine that it ran on went away. --retry node_lost continues from the last checkpoint.",
    "timed_out": "Raise resources.minutes, then --retry timed_out: it continues from the last checkpoint.",
    "bug": "'ablate show' has its traceback; --retry bug once the cause is fixed.",
}
"""Advice after each kind of failure."""


PASSING: tuple[Kind, ...] = ("missing_data", "other_data")
"""Kinds that end with their cause. No result is kept, so the same command tries the trial again."""


class TimedOut(Exception):
    """A training took longer than ``resources.minutes``."""


def next_step(failure: str | None) -> str:
    """Advice after a failure; empty for None and for a kind that this version does not know."""
    return next((advice for kind, advice in NEXT.items() if kind == failure), "")


def kind_of(error: BaseException) -> Kind:
    """The kind of failure that an error means."""
    if is_out_of_memory(error):
        return "out_of_memory"
    match error:
        case Diverged():
            return "diverged"
        case Collapsed():
            return "collapsed"
        case MissingData():
            return "missing_data"
        case OtherData():
            return "other_data"
        case DataError():
            return "bad_data"
        case TimedOut():
            return "timed_out"
        case ProcessLost():
            return lost_kind(str(error))
    return "bug"


def lost_kind(message: str) -> Kind:
    """The kind of failure that Ray's message about a dead worker means.

    For a worker that was killed, Ray lists high memory usage among possible causes: only the words of its own memory
    monitor count. If a machine went away, Ray knows for some seconds no more than that the worker does not answer; a
    worker's death is reported at once by its own machine.
    """
    if "low on memory" in message:
        return "out_of_memory"
    lost = ("node has died", "NodeDied", "is unavailable")
    return "node_lost" if any(words in message for words in lost) else "worker_lost"


def import_error(told: str) -> str | None:
    """The import error in Ray's message about a dead worker; None if the worker died of something else. Such a worker
    dies again at every attempt."""
    _, could_not, trace = told.partition("failed to import on the worker")
    found = re.search(r"^\w+(\.\w+)*Error: .+$", trace, re.MULTILINE)
    return found[0] if could_not and found else None
