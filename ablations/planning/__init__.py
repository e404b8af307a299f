"""A study becomes a plan: every trial enumerated and validated, what is done already, and what the rest will cost.

Planning starts nothing and changes nothing on the storage. After it, the only surprises left are those of the run.
"""
