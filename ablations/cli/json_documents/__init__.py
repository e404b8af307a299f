"""JSON documents: what ``--json`` prints, one module for each command.

Keys are added, and neither renamed nor removed, within a ``version``. Version 2 calls a trial's state ``done`` where
version 1 called it ``finished``.
"""
