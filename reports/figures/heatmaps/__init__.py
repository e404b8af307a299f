"""Heatmaps: one panel, and all panels with the agreement."""
