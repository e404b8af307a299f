"""The kinds of claims, and each claim as contrasts of the means of the grid's cells."""
