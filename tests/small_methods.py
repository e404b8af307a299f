"""Every method that the project ships beside SimCLR and the supervised baseline, as trainings of a second."""

MEMORY = {"kind": "moco", "queue": 40, "momentum": 0.9}
SHIPPED: dict[str, dict[str, object]] = {
    "simsiam": {"kind": "simsiam", "hidden": 8},
    "byol": {"kind": "byol", "hidden": 8, "momentum": 0.9},
    "barlow_twins": {"kind": "barlow_twins"},
    "vicreg": {"kind": "vicreg"},
    "rotation": {"kind": "rotation"},
    "moco": MEMORY,
    "moco, symmetric": MEMORY | {"symmetric": True},
}
"""Settings of ``loss`` by name."""
