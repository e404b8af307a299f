"""Durations as text."""


def clock(seconds: float) -> str:
    """``3:10``, or ``2:03:10`` from an hour on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
