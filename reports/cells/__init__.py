"""A study's results as cells: means over seeds, in the order of the grid, and the names of their axes and metrics."""
