"""Schedulers run units of work: in this process (``inline``) or over Ray (``on_ray``), with the same interface."""
