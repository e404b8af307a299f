"""The cost of a plan: time by past trials, memory, money, and trials side by side on one GPU."""
