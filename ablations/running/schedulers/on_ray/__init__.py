"""Units of work as Ray Tune trials, on this machine or on a cluster. No other room imports Ray."""
