"""Errors of the user's own code in words."""

import traceback

from core.config.own_code import OwnCode


def error_text(error: BaseException, code: OwnCode) -> str:
    """The error that running the code raised, with its place in the user's files."""
    paths = {source.path for source in code.modules.values()}
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in paths]
    place = f"{own[-1].filename}:{own[-1].lineno}" if own else code.file
    kind = "" if isinstance(error, ValueError) and str(error) else f"{type(error).__name__}: "
    return f"{place}: {kind}{error}"
