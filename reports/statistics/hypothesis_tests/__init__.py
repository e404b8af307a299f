"""The tests of a claim, in one look or in several, and the number of seeds that would decide it."""
