"""The network interface over which the processes of a training talk, and how long they wait for each other.

gloo takes the address of the machine's own name. On Debian and Ubuntu that is 127.0.1.1, with which processes on two
machines would wait for each other for ever.
"""

import os
import socket
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import psutil
import ray
import torch.distributed as distributed
from ray.train.backend import Backend
from ray.train.torch import TorchConfig
from ray.train.torch.config import _TorchBackend

from ablations.running.schedulers.on_ray.private import LOOPBACK
from core.hardware import hide_gpus

GLOO_INTERFACE, NCCL_INTERFACE = "GLOO_SOCKET_IFNAME", "NCCL_SOCKET_IFNAME"
RENDEZVOUS = "torch.distributed.rendezvous"
"""A module, and in the package a function of that name."""
LONGEST_WAIT = 3 * 60 * 60
"""Seconds that a worker waits for the others.

Their first exchange comes after each node has copied and decoded its images, which may take long on one of them.
Workers that cannot reach each other wait as long. The limit is not needed for a worker that has died: Ray Train ends
all workers when one is dead, or has not answered for ten minutes."""


class _Backend(_TorchBackend):
    def on_start(self, worker_group: Any, backend_config: Any) -> None:
        worker_group.execute(name_interface)
        worker_group.execute(keep_store_on_loopback)
        if not worker_group.get_resources_per_worker().get("GPU"):
            worker_group.execute(hide_gpus)  # Ray itself leaves all GPUs of a node visible
        super().on_start(worker_group, backend_config)


@dataclass
class TorchOverNodes(TorchConfig):
    """A process group over the addresses by which Ray's nodes know each other, unless gloo's own variable is set."""

    timeout_s: int = LONGEST_WAIT

    @property
    def backend_cls(self) -> type[Backend]:
        return _Backend


def name_interface() -> None:
    """Tell gloo which interface has this node's address, unless the user has named one, or none has it.

    NCCL is told so for loopback alone; it finds other interfaces by itself."""
    address = ray.util.get_node_ip_address()
    for name, addresses in psutil.net_if_addrs().items():
        if address in (one.address for one in addresses):
            os.environ.setdefault(GLOO_INTERFACE, name)
            if address == LOOPBACK:
                os.environ.setdefault(NCCL_INTERFACE, name)


def keep_store_on_loopback() -> None:
    """Let the store by which processes find each other listen on loopback alone, if that is this node's address.

    PyTorch's own listens on all interfaces and lets everybody in."""
    if ray.util.get_node_ip_address() == LOOPBACK:
        module: Any = import_module(RENDEZVOUS)
        module.TCPStore = _store_on_loopback


def _store_on_loopback(host_name: str, port: int, is_master: bool, **options: Any) -> Any:
    if is_master:
        options["master_listen_fd"] = socket.create_server((host_name, port)).detach()
    store: Any = distributed.TCPStore  # type: ignore[attr-defined]
    return store(host_name=host_name, port=port, is_master=is_master, **options)
