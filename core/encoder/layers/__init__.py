"""Layers that several encoders have: safe convolutions, batch norm over all processes, recomputed activations."""
