"""How this command was called, so that it can be told how to call it again, and how a signal ends it."""

import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import NoReturn

NAME = "ablate"


def again(*arguments: str) -> str:
    """A line for the user's shell: ``ablate ui``, or ``.venv/bin/ablate ui`` where the script is not on the path."""
    called = Path(sys.argv[0])
    if called.stem == "__main__":
        return shlex.join(["python", "-m", "ablations", *arguments])
    found = shutil.which(NAME)
    on_path = found is not None and Path(found).resolve() == called.resolve()
    return shlex.join([NAME if on_path or not called.exists() else str(called), *arguments])


def interrupt_on_sigterm() -> None:
    """Let SIGTERM end a run as Ctrl-C does: what is finished is kept."""
    signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(signum: int, frame: object) -> NoReturn:
    raise KeyboardInterrupt
