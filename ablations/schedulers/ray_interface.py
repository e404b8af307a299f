"""The network interface over which the processes of a training speak.

gloo takes that of the machine's own name, which on Debian and Ubuntu is 127.0.1.1: on two machines the processes then
wait for each other for ever.
"""

import os
from typing import Any

import psutil
import ray
from ray.train.backend import Backend
from ray.train.torch import TorchConfig
from ray.train.torch.config import _TorchBackend

from core.hardware import hide_gpus

GLOO_INTERFACE = "GLOO_SOCKET_IFNAME"


class _Backend(_TorchBackend):
    def on_start(self, worker_group: Any, backend_config: Any) -> None:
        worker_group.execute(name_interface)
        if not worker_group.get_resources_per_worker().get("GPU"):
            worker_group.execute(hide_gpus)  # Ray itself leaves all of a node's in sight
        super().on_start(worker_group, backend_config)


class TorchOverNodes(TorchConfig):
    """A process group over the addresses by which Ray's nodes know each other; gloo's own variable goes before."""

    @property
    def backend_cls(self) -> type[Backend]:
        return _Backend


def name_interface() -> None:
    """That has this node's address, for gloo; does nothing where none has it, or another was named."""
    address = ray.util.get_node_ip_address()
    for name, addresses in psutil.net_if_addrs().items():
        if address in (one.address for one in addresses):
            os.environ.setdefault(GLOO_INTERFACE, name)
