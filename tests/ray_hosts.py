"""A Ray cluster made as a user makes one, with ``ray start``; all processes of a host can be ended at once."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

MARK = "ABLATE_TEST_HOST"
RAY = Path(sys.executable).with_name("ray")
GRID = "grid: {loss.temperature: [0.1, 0.2, 0.5, 1.0]}\n"
EPOCHS = 60
PATIENCE = 240.0


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Hosts:
    """Hosts of one cluster, started in the background; they share a token."""

    def __init__(self) -> None:
        self.port, self.client_port = free_ports(2)
        self.environment = os.environ | {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32)}
        self.environment["PYTHONPATH"] = os.pathsep.join(sys.path)
        self._hosts: dict[str, subprocess.Popen[bytes]] = {}

    def head(self) -> None:
        """Start the head, which trains nothing."""
        ports = [f"--port={self.port}", f"--ray-client-server-port={self.client_port}"]
        self.start("--head", *ports, "--num-cpus=0", "--include-dashboard=false")

    def node(self, **environment: str) -> str:
        return self.start(f"--address=127.0.0.1:{self.port}", "--num-cpus=1", **environment)

    def start(self, *options: str, **environment: str) -> str:
        """Start a host; return the mark by which all of its processes are found."""
        mark = secrets.token_hex(8)
        any_port = ("--min-worker-port=0", "--max-worker-port=0")
        with Path("hosts.log").open("ab") as log:
            self._hosts[mark] = subprocess.Popen(
                [sys.executable, RAY, "start", *options, *any_port, "--disable-usage-stats", "--block"],
                env=self.environment | environment | {MARK: mark},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        return mark

    def wait(self) -> None:
        """Wait until all hosts have joined. Fails at once if one could not; Ray gives up after 30 seconds."""
        deadline = time.monotonic() + PATIENCE
        while Path("hosts.log").read_text().count("Ray runtime started") < len(self._hosts):
            alive = all(host.poll() in (None, -signal.SIGKILL) for host in self._hosts.values())  # or lost on purpose
            assert alive and time.monotonic() < deadline, Path("hosts.log").read_text()[-3000:]
            time.sleep(0.1)

    def lose(self, mark: str) -> None:
        for path in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):  # it has just ended
                if f"{MARK}={mark}".encode() in path.read_bytes().split(b"\0"):
                    os.kill(int(path.parent.name), signal.SIGKILL)
        self._hosts[mark].wait()

    def lose_all(self) -> None:
        for mark in reversed(self._hosts):
            self.lose(mark)

    def run(self, *options: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "ablations", "run", "study.yaml", *options]
        return subprocess.Popen(
            command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )


def wait_until(condition: Callable[[], object], run: "subprocess.Popen[str]") -> None:
    """Wait until the condition holds or the run has ended. Fails after ``PATIENCE`` seconds."""
    deadline = time.monotonic() + PATIENCE
    while not condition() and run.poll() is None:
        assert time.monotonic() < deadline, Path("hosts.log").read_text()[-3000:]
        time.sleep(0.05)


def results(storage: str) -> dict[str, Any]:
    """State, metrics and encoder hash by trial: they may not depend on where a trial ran."""
    found = {}
    for path in Path(storage).glob("trials/*/result.json"):
        values = json.loads(path.read_text())
        found[path.parent.name] = (values["state"], values["metrics"], values["facts"].get("encoder_hash"))
    return found


def quiet() -> dict[str, Any]:
    run = subprocess.run([sys.executable, "-m", "ablations", "run", "study.yaml", "--inline", "--storage", "quiet"])
    assert run.returncode == 0
    return results("quiet")
