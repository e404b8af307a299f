"""The configurations of a study's trials: settings laid over each other, validated, and traced to their origins."""
