"""A plan becomes results: trainings and evaluations placed on workers, progress shown, MLflow kept up to date.

A worker gets a unit of work (one training and all of its missing evaluations) and answers with events. An interrupted
run is continued by running it again. Ray is imported in ``schedulers/on_ray`` and nowhere else.
"""
