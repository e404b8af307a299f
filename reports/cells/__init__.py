"""The results of a study as cells: means over seeds, in the order of the grid, and what their axes and metrics are
called."""
