"""README.txt of a storage: what lies in it, and what may be deleted."""

from ablations.store.trial_store import TrialStore
from core.files import write_text

NAME = "README.txt"

TEXT = """\
What ablate has trained and measured. Folders are named by ids, 16 hex digits; 'ablate show ID' tells of a trial.

  encoders/ID/   an encoder: its configuration, its weights (encoder.pt), and its curve (history.json)
                 while it is trained: checkpoint.pt, and lease.N, which says who trains it
  trials/ID/     a trial: its configuration, its scores (result.json), and arrays that figures are drawn from
  code/          your own code that trials need
  reports/       figures, tables and pages, by study and scale
  schema.json    the version of this layout
  other folders  notes on studies, images, speeds, and runs that go on

What may be deleted, while nothing runs:

  ablate gc --dry-run    lists what no trial needs, with sizes; without --dry-run it is removed
  ablate rm ID           removes a trial, and its encoder where no other trial is of it
  reports/               may go: 'ablate report STUDY' draws it again

The rest is the only copy of what was measured: results in MLflow are copies of it. 'ablate verify' checks every file.
"""


def explain_storage(store: TrialStore) -> None:
    """Write the README, unless the storage has one."""
    path = store.root / NAME
    if not path.exists():
        write_text(path, TEXT)
