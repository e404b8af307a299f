"""A worker that Ray kills for memory is a worker that died, and no more.

Ray's ``OutOfMemoryError`` is neither an error of the actor nor one of its task, and Tune ends the whole run on
anything else (seen in Ray 2.60). Here it is told as the death of the actor, which costs one trial one attempt.
"""

from typing import Any

from ray.air.execution._internal.actor_manager import RayActorManager
from ray.exceptions import OutOfMemoryError, RayActorError

_MARK = "_ablate_survives_memory_kills"


def survive_memory_kills() -> None:
    """Change how Tune takes ``OutOfMemoryError``, once a process; does nothing where Ray has no such place."""
    original = getattr(RayActorManager, "_actor_task_failed", None)
    if original is None or hasattr(original, _MARK):
        return

    def failed(self: Any, tracked_actor_task: Any, exception: Exception) -> None:
        if isinstance(exception, OutOfMemoryError):
            exception = RayActorError(error_msg=str(exception))
        original(self, tracked_actor_task, exception)

    setattr(failed, _MARK, True)
    RayActorManager._actor_task_failed = failed  # type: ignore[method-assign]
