"""Contrastive losses on projections: Tables 2, 4 and 5 of the paper."""
