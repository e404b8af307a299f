"""The storage: what was trained, who trains what now, and how fast past trainings were.

The storage is the truth about progress. It is a folder or a place in an object store (``core.remote``), and any number
of studies, runs and machines may share it.

This room promises:

- Every file appears whole or not at all, so a reader never sees half a result.
- One training is run by one run at a time; see ``ablations.store.leases``.
- A storage of an older version is read, and brought up to date by ``migration``, without training anything again.
"""
