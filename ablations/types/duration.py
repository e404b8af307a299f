"""Durations as text."""

HOURS_A_DAY = 24


def clock(seconds: float) -> str:
    """``3:10``, ``2:03:10`` from an hour on, or ``5 d 3 h`` from a day on."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours >= HOURS_A_DAY:
        days, hours = divmod(round(seconds / 3600), HOURS_A_DAY)
        return f"{days:,} d {hours} h"
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
