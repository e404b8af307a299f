"""``ablate ui`` serves until it is told to end, and leaves no process behind."""

import signal
import socket
import subprocess
import sys
import time
from contextlib import closing

import psutil
import pytest

pytestmark = pytest.mark.usefixtures("mlflow_db")


def free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        port: int = server.getsockname()[1]
    return port


def answers(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, *(pytest.param(one, marks=pytest.mark.slow) for one in (signal.SIGINT, signal.SIGHUP))]
)
def test_the_server_ends_with_it(number: signal.Signals) -> None:
    """Any signal to the one process ends it: MLflow's server is a process of a process of it."""
    port = free_port()
    command = [sys.executable, "-m", "ablations", "ui", "--port", str(port)]
    ui = psutil.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    assert f":{port}/".encode() in ui.stdout.readline()  # at once, into a pipe too
    while not answers(port):
        assert ui.poll() is None
        time.sleep(0.1)
    started = ui.children(recursive=True)
    assert {connection.laddr.ip for one in started for connection in one.net_connections()} == {"127.0.0.1"}
    ui.send_signal(number)
    try:
        assert ui.wait(60) == (0 if number == signal.SIGINT else 128 + number)
        assert [one for one in started if one.is_running()] == []
        assert not answers(port)
    finally:
        ui.stdout.close()
        for one in started:
            if one.is_running():
                one.kill()
