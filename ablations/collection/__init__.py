"""Several studies as one run, such as all of a paper: one plan, one schedule, one page."""
