"""Checks that what a study names is there: axes, values, metrics and scales, each with the closest name that is."""
