"""Python files of the user's own that a study uses."""
