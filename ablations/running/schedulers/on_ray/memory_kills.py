"""Makes Ray Tune treat a worker that was killed for memory as a worker that died.

Ray's ``OutOfMemoryError`` is neither an error of the actor nor of its task, and Tune ends the whole run on any other
error (seen in Ray 2.60). Told as the death of the actor, it costs one trial one attempt.
"""

from typing import Any

from ray.air.execution._internal.actor_manager import RayActorManager
from ray.exceptions import OutOfMemoryError, RayActorError

_MARK = "_ablate_survives_memory_kills"


def survive_memory_kills() -> None:
    """Change how Tune handles ``OutOfMemoryError``, once in a process; does nothing if Ray has no such place."""
    original = getattr(RayActorManager, "_actor_task_failed", None)
    if original is None or hasattr(original, _MARK):
        return

    def failed(self: Any, tracked_actor_task: Any, exception: Exception) -> None:
        if isinstance(exception, OutOfMemoryError):
            exception = RayActorError(error_msg=str(exception))
        original(self, tracked_actor_task, exception)

    setattr(failed, _MARK, True)
    RayActorManager._actor_task_failed = failed  # type: ignore[method-assign]
