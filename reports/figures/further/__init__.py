"""Further figures of a report, beside that of its kind: learning curves, main effects, views."""
