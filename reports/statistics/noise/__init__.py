"""The standard error of a contrast: over seeds, moderated by the usual spread of cells, and over test images."""
