"""Image folders in a plan: their fingerprints make part of the identity of trials."""
