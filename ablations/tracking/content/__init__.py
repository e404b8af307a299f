"""The values that MLflow is given of a study and of its trials: parameters, metrics, tags, data sets and notes.

Nothing here talks to MLflow. Everything is made from what is durable in the storage, with the timestamps kept there,
so that it is the same whenever it is written.
"""
