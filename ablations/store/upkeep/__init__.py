"""Upkeep of a storage: ids that nothing needs are removed, old schemas are brought up to date, files are verified."""
