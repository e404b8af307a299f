"""How sure the mean of a contrast is: over seeds, moderated by what cells usually spread, and over test images."""
