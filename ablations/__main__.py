"""``python -m ablations`` is ``ablate``."""

from ablations.cli import main

main()
