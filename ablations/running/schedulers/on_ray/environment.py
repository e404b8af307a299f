"""Which variables of this process's environment Ray Tune sends to its workers.

It writes them into the log of every node's runtime environment agent, and into the command line of a worker, which
other users of the machine can read (seen in Ray 2.60). Its own list has AWS's keys. Workers of this machine inherit the
environment of the driver, and those of a cluster that of their ``ray start``.
"""

from ray.tune.execution import class_cache

HARMLESS = ("RAY_", "NCCL_", "TORCHFT_")
"""What the names of settings begin with."""


def send_no_secrets() -> None:
    """Leave only settings in Tune's list; does nothing where Ray has no such list."""
    if names := getattr(class_cache, "ENV_VARS_TO_PROPAGATE", None):
        class_cache.ENV_VARS_TO_PROPAGATE = {name for name in names if name.startswith(HARMLESS)}
