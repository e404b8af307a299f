"""Whether the paper's claims hold in a table of results."""
