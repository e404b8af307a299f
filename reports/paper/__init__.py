"""The paper's published numbers: one JSON file for each figure or table, and their reader."""
