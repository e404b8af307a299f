"""The parts of a report that show trainings: learning curves, views, and pictures of representations."""
