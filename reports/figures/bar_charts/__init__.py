"""Figures of bars: where they begin, one panel, all panels."""
