"""What a run does with the fingerprints of image folders, besides training on the images."""
