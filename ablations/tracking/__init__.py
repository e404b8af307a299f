"""MLflow: what is written to it, what is read back as a table, and the report that is drawn from that table.

MLflow is a projection of the storage. One process at a time writes to it, always from what is durable, with the
timestamps kept there, so that writing again changes nothing. MLflow may be away or be deleted: the next run writes
what is missing.
"""
