"""Arithmetic for what a method computes and keeps outside the encoder."""

NUMBER = 4
"""Bytes of a number in single precision."""
SOFTMAX = 3
"""Tables that a softmax holds at once: the logits, their softmax and its gradient."""


def product_flops(weights: int, trained: int, seen: int = 0) -> int:
    """Return the floating-point operations of matrices with this number of ``weights`` for ``trained`` views with a
    gradient, whose backward pass is two more products, and ``seen`` views without one."""
    return 2 * weights * (3 * trained + seen)


def trained_bytes(weights: int) -> int:
    """Return the bytes of weights with their gradients and momenta."""
    return 3 * NUMBER * weights


def k_means_flops(clusters: int, width: int, rounds: int) -> int:
    """Return the floating-point operations of k-means for one point (width): its distances from all centres, and its
    part in them, in every round and once more at the end."""
    return 2 * 2 * clusters * width * (rounds + 1)
