"""JSON documents that commands print with ``--json``."""
