"""Figures of what single trials left beside their metrics, such as an embedding: one module for each protocol."""
