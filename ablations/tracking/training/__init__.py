"""What a report shows of the trainings: their learning curves, and the views that they learn from."""
