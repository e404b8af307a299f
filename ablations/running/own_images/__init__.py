"""Loads image folders, keeps their fingerprints, and decides about results that are older than these."""
