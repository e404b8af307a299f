"""Reviews a study before it runs: questions that stop nothing, and one error, for a metric that no trial finds."""
