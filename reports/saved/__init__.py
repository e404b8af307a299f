"""Results as small files that are kept in a repository, and everything drawn again from them alone."""
