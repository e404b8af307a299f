"""Names in figures: of points, shortened ones, and those of ticks."""
