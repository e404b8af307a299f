"""Every method that the project ships beside SimCLR and the supervised baseline, as trainings of a second."""

MEMORY = {"kind": "moco", "queue": 40, "momentum": 0.9}
CLUSTERS = {"kind": "swav", "prototypes": 12, "queue": 24, "queue_epoch": 0, "frozen_epochs": 0.25}
SHIPPED: dict[str, dict[str, object]] = {
    "simsiam": {"kind": "simsiam", "hidden": 8},
    "byol": {"kind": "byol", "hidden": 8, "momentum": 0.9},
    "barlow_twins": {"kind": "barlow_twins"},
    "vicreg": {"kind": "vicreg"},
    "rotation": {"kind": "rotation"},
    "moco": MEMORY,
    "moco, symmetric": MEMORY | {"symmetric": True},
    "moco_v3": {"kind": "moco_v3", "hidden": 8, "momentum": 0.9},
    "instance_discrimination": {"kind": "instance_discrimination", "negatives": 20},
    "looc": {"kind": "looc", "left_out": [["flip"]], "queue": 40, "momentum": 0.9},
    "cpc": {"kind": "cpc", "first_step": 1, "last_step": 2, "target": 8, "context": 8, "blocks": 2},
    "autoencoder": {"kind": "autoencoder"},
    "autoencoder, sparse": {"kind": "autoencoder", "sparsity": 0.05},
    "swav": CLUSTERS,
    "swav, no queue": CLUSTERS | {"queue": 0},
    "swav, small crops": CLUSTERS | {"small_crops": 2, "small_size": 8},
}
"""Settings of ``loss`` by name."""
