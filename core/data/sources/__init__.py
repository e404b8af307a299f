"""Places that a user's images come from: folders, a manifest, arrays, shards, a Hugging Face dataset.

A source lists its images by split and class without decoding one (``found.Found``). Each image has a path, or a place
inside a file (``inside``), which checking, decoding and streaming take alike. ``find`` chooses the source that a data
set's name means.
"""
