"""Notes of a storage on image folders: which images its results are of."""
