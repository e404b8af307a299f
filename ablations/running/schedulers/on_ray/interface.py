"""The network interface over which the processes of a training speak, and how long they wait for each other.

gloo takes that of the machine's own name, which on Debian and Ubuntu is 127.0.1.1: on two machines the processes then
wait for each other for ever.
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
"""Seconds that a worker waits for the others: their first exchange comes after each node has copied and decoded its
images, and one may take longer. Those that cannot reach each other at all wait as long. That one has died needs no such
limit: Ray Train asks all of them time and again, and ends all when one is dead, or does not answer for ten minutes."""


class _Backend(_TorchBackend):
    def on_start(self, worker_group: Any, backend_config: Any) -> None:
        worker_group.execute(name_interface)
        worker_group.execute(keep_store_on_loopback)
        if not worker_group.get_resources_per_worker().get("GPU"):
            worker_group.execute(hide_gpus)  # Ray itself leaves all of a node's in sight
        super().on_start(worker_group, backend_config)


@dataclass
class TorchOverNodes(TorchConfig):
    """A process group over the addresses by which Ray's nodes know each other; gloo's own variable goes before."""

    timeout_s: int = LONGEST_WAIT

    @property
    def backend_cls(self) -> type[Backend]:
        return _Backend


def name_interface() -> None:
    """That has this node's address, for gloo, and where that is loopback for NCCL too, which finds others by itself;
    does nothing where none has it, or another was named."""
    address = ray.util.get_node_ip_address()
    for name, addresses in psutil.net_if_addrs().items():
        if address in (one.address for one in addresses):
            os.environ.setdefault(GLOO_INTERFACE, name)
            if address == LOOPBACK:
                os.environ.setdefault(NCCL_INTERFACE, name)


def keep_store_on_loopback() -> None:
    """Where this node's address is loopback, have the store by which the processes find each other listen there alone:
    PyTorch has it listen on all interfaces, and let in everybody."""
    if ray.util.get_node_ip_address() == LOOPBACK:
        module: Any = import_module(RENDEZVOUS)
        module.TCPStore = _store_on_loopback


def _store_on_loopback(host_name: str, port: int, is_master: bool, **options: Any) -> Any:
    if is_master:
        options["master_listen_fd"] = socket.create_server((host_name, port)).detach()
    store: Any = distributed.TCPStore  # type: ignore[attr-defined]
    return store(host_name=host_name, port=port, is_master=is_master, **options)
