"""The protocol that decides which run holds which training on a storage that several runs share.

The problem. Two runs on one storage must never train the same encoder at the same time, and what a dead run held must
be taken over. Folders on NFS and object stores have no locks that hold across machines, and clocks differ.

**Heartbeat** (``heartbeat``). Every run has a file ``live/<run>.json`` that it touches every ``BEAT`` seconds. Another
run counts it as dead when it has not seen the file change for ``PATIENCE`` seconds *of its own clock*; no two clocks
are compared. On the run's own machine a file lock (``live/<run>.lock``) tells of its death at once, because the
operating system drops the lock with the process. Each run removes the heartbeats of the runs that it knows to be dead.

**Lease** (``lease``). A training is held by the run that is named in ``encoders/<id>/lease.<n>`` with the highest
number ``n``. To take it is to create ``lease.<n+1>``, an operation that exactly one of several processes can complete,
on NFS (a hard link) and on object stores (a conditional PUT). It may be taken when the named run is dead, or has
written "nobody" into it.

**Fencing.** A process that was stopped for long may be counted as dead, and wake up later. So a holder checks, before
each write that matters, that no higher number exists; ``FencedError`` tells it to leave the training to its successor.

**Exclusive use** (``lock``, ``live_run``). ``ablate rm``, ``ablate gc`` and migrations need the storage for themselves.
A run passes a gate when it begins (``LiveRun``); ``alone`` closes the gate and waits until no run is alive. MLflow
has one writer at a time (``only_one``). On a folder the gate is a file lock; in an object store it is a lease.

=================  ==========================================================================
``live/<run>.json``         heartbeat of a run; without it the run has ended or is dead
``live/<run>.lock``         locked while the run's process lives (in an object store: on its machine)
``encoders/<id>/lease.<n>`` the run that holds the training, or nobody
``run.lock``, ``run/``      the gate of a storage
=================  ==========================================================================
"""
