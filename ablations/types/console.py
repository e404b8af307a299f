"""The console that commands print on."""

import os
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

NOTE = "yellow"
"""Style of notes and warnings."""
INDENT = "  "
"""Indent of the further lines of a sentence."""
WHOLE = "    "
"""Indent of a line that is never broken, such as a command to be copied."""


class WordConsole(Console):
    """Breaks sentences between words on a terminal, and not at all in a pipe or a file.

    A word that is longer than the terminal's width, such as a path, is left whole: the terminal itself breaks it, and
    it can still be copied. A note that was just printed is not printed again: thirty studies may have the same trouble.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)
        self._last: tuple[Any, ...] = ()
        self._failed = ""

    @property
    def failed(self) -> str:
        """Why the output could not be written; empty if it could. From then on nothing is printed."""
        return self._failed

    def whole(self, text: str) -> None:
        """Print a text as it is, such as a JSON document."""
        self._write(super().print, text, soft_wrap=True)

    def print(self, *objects: Any, **options: Any) -> None:
        """Print as rich does; tables and other renderables are fitted to the width."""
        sentences = all(isinstance(one, str) for one in objects)
        if sentences:
            if options.get("style") == NOTE and objects == self._last:
                return
            self._last = objects
        if sentences and self.is_terminal:
            objects = tuple(broken(one, self.width) for one in objects)
        uncut = {} if self.is_terminal else {"crop": False}
        self._write(super().print, *objects, **options | {"soft_wrap": sentences} | uncut)

    def _write(self, write: Callable[..., None], *objects: Any, **options: Any) -> None:
        """Write; a full disk under the output ends no run, which goes on without."""
        try:
            write(*objects, **options)
        except OSError as error:
            if isinstance(error, BrokenPipeError):
                raise  # the reader wants no more
            self._failed = error.strerror or str(error)
            with Path(os.devnull).open("wb") as nothing, suppress(OSError, ValueError):
                os.dup2(nothing.fileno(), self.file.fileno())  # what is still to be flushed goes there


def redraws(console: Console) -> bool:
    """Whether lines can be drawn again in place: in a terminal, and not in a log file whose colours are forced by
    ``FORCE_COLOR``."""
    return console.is_interactive and console.file.isatty()


@contextmanager
def counting(console: Console, doing: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show on a terminal how many of ``total`` things are done, if they are several.

    Yields a function to be called with the name of each thing before it is done.
    """
    columns = BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}")
    with Progress(*columns, console=console, transient=True, disable=total < 2 or not redraws(console)) as bar:
        task = bar.add_task(doing, total=total, completed=-1)

        def begin(name: str) -> None:
            bar.update(task, advance=1, description=f"{doing} {name}")

        yield begin


def broken(text: str, width: int) -> str:
    """The text with line breaks between words, in lines of ``width`` characters."""
    return "\n".join(line if line.startswith(WHOLE) else _broken(line, width) for line in text.split("\n"))


def _broken(line: str, width: int) -> str:
    return textwrap.fill(
        line, width, subsequent_indent=INDENT, break_long_words=False, break_on_hyphens=False, replace_whitespace=False
    )
