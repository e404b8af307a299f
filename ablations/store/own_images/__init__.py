"""What a storage keeps about image folders: which images its results are of."""
