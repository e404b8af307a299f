"""Shards: files that hold many images each, WebDataset tars and Parquet files.

``layout`` finds them and says what they have together; ``tar`` and ``parquet`` list one and read an image of one. An
image is read alone, at its place in the file, so shards are shuffled, resumed, cached and streamed as image files are.
"""

SUFFIXES = (".tar", ".parquet")
"""Ends of the names of shards."""
