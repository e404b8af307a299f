"""The processes that Ray started for this test."""

import os
from pathlib import Path


def worker_processes(actor: bytes = b"ImplicitFunc") -> list[int]:
    """Ids of the processes that run a unit for this test's Ray; other Rays of the machine are left out."""
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
