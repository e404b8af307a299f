"""Figures of the arrays that single trials leave, such as an embedding: one module for each protocol."""
