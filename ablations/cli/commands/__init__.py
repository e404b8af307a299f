"""The commands of ``ablate``: their options, and the calls that carry them out."""
