"""Machines that are apart as far as one kernel allows: an address, a name, processes, /tmp and home of their own.

They share a network, and the folders that are said, at the same path, as of NFS. They need no cleaning up: a machine is
its first process, and with it goes all that was in it.
"""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

NETWORK = "10.77.0"
NAMESPACES = ("--net", "--mount", "--uts", "--ipc", "--pid", "--fork", "--mount-proc", "--kill-child")
DYING = ("setpriv", "--pdeathsig", "KILL", "unshare", *NAMESPACES)
"""Prefix of a command that ends with the process that started it."""
BOOT = """
set -eu
name=$1; shift
mount --make-rprivate /
mount -t tmpfs tmpfs /mnt
number=0
for folder in "$@"; do number=$((number + 1)); mkdir /mnt/$number; mount --bind "$folder" /mnt/$number; done
for folder in /tmp /dev/shm; do mount -t tmpfs tmpfs $folder; done
number=0
for folder in "$@"; do number=$((number + 1)); mkdir -p "$folder"; mount --move /mnt/$number "$folder"; done
mkdir /tmp/home
printf '127.0.0.1 localhost\n' > /tmp/home/hosts
printf '127.0.1.1 %s\n' "$name" >> /tmp/home/hosts # as on Debian and Ubuntu
for last in $(seq 9); do
    [ machine-$last = "$name" ] || printf '%s.%s machine-%s\n' NETWORK $last $last >> /tmp/home/hosts
done
mount --bind /tmp/home/hosts /etc/hosts
mount --bind /dev/null /etc/resolv.conf
hostname "$name"
ip link set lo up
echo booted
exec env --ignore-signal=CHLD sleep infinity # so that orphans that end do not stay as zombies
""".replace("NETWORK", NETWORK)


@cache
def can_be_made() -> bool:
    """Whether machines can be made here: needs root, namespaces in the kernel and util-linux, and iproute2."""
    if not all(map(shutil.which, ("setpriv", "unshare", "nsenter", "ip", "mount"))):
        return False
    script = "mount --make-rprivate / && ip link add bridge type bridge && hostname other"
    return subprocess.run([*DYING, "sh", "-c", script], capture_output=True).returncode == 0


class Machine:
    """A machine that is switched on and in no network yet."""

    def __init__(self, number: int, shared: list[Path]) -> None:
        self.address, self.name = f"{NETWORK}.{number}", f"machine-{number}"
        command = [*DYING, "sh", "-c", BOOT, "boot", self.name, *map(str, shared)]
        self._outer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert self._outer.stdout is not None
        with self._outer.stdout as said:
            assert said.readline() == "booted\n"
        children = Path(f"/proc/{self._outer.pid}/task/{self._outer.pid}/children")
        self.pid = int(children.read_text())

    def command(self, *command: str | Path) -> list[str]:
        """The command line that runs a command on this machine."""
        inside = ("nsenter", "--target", str(self.pid), "--all")
        return [*inside, "env", "--chdir=/tmp/home", "HOME=/tmp/home", *map(str, command)]

    def switch_off(self) -> None:
        """End all processes of the machine at once."""
        self._outer.kill()
        self._outer.wait()


class Network:
    """A switch, and the machines that are plugged into it."""

    def __init__(self, *shared: Path) -> None:
        self._shared = shared
        self._switch = Machine(250, [])
        self._machines: list[Machine] = []
        self._ip("link add switch type bridge")
        self._ip("link set switch up")
        self._ip(f"addr add {NETWORK}.250/24 dev switch")

    def machine(self, *, lacks: Path | None = None) -> Machine:
        made = Machine(len(self._machines) + 1, [path for path in self._shared if path != lacks])
        self._machines.append(made)
        port = made.name.replace("machine", "port")
        self._ip(f"link add {port} type veth peer name eth0 netns {made.pid}")
        self._ip(f"link set {port} master switch up")
        address, gateway = f"{made.address}/24 dev eth0", f"default via {NETWORK}.250"
        for words in (f"addr add {address}", "link set eth0 up", f"route add {gateway}"):
            subprocess.run(made.command("ip", *words.split()), check=True)
        return made

    def _ip(self, words: str) -> None:
        """Run ``ip`` in the switch, which knows the machines by their process ids outside."""
        inside = ("nsenter", "--target", str(self._switch.pid), "--net")
        subprocess.run([*inside, "ip", *words.split()], check=True)

    def switch_off(self) -> None:
        for machine in (*self._machines, self._switch):
            machine.switch_off()


@contextmanager
def network(*shared: Path) -> Iterator[Network]:
    """A network whose machines see these folders, and nothing else of /tmp and home."""
    made = Network(*shared)
    try:
        yield made
    finally:
        made.switch_off()
