"""What a careful reviewer would say of a study before it runs: questions that stop nothing, but for a metric that no
trial finds."""
