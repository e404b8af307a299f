"""The files of a report: the figure, its numbers, and HTML pages that need neither a network nor JavaScript."""
