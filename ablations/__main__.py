"""``python -m ablations`` is ``ablate``."""

from ablations.cli.app import main

main()
