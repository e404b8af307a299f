"""The way to MLflow: its client, database, artifacts and web pages, and what is told when it cannot be used."""
