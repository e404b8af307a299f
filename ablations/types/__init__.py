"""The values that every room passes on: a trial and its result, events, states, failures, errors, identity.

Nothing here reads a file or starts a process, and nothing here imports another room.
"""
