"""The processes that Ray started for this test."""

import os
from pathlib import Path


def worker_processes(actor: bytes = b"ImplicitFunc") -> list[int]:
    """Processes of this test's Ray, and of no other on the machine, that are running a unit."""
    parents, workers = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(folder.name)] = int((folder / "stat").read_text().rsplit(")", 1)[1].split()[1])
            command = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        if command.startswith(b"ray::") and actor in command:
            workers.append(int(folder.name))
    return [worker for worker in workers if os.getpid() in ancestors(worker, parents)]


def ancestors(process: int, parents: dict[int, int]) -> list[int]:
    found = []
    while process in parents:
        process = parents[process]
        found.append(process)
    return found
