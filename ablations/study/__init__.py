"""A study file becomes a ``ScaledStudy``: one study at one scale, every layer of settings laid over the one below.

YAML is read here and nowhere else. Every value remembers the file, line and column where it was written, so that an
error anywhere later names the place, the value and the remedy. Nothing here looks at the storage, at data or at Ray.
"""
