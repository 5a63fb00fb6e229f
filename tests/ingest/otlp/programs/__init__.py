"""Programs that are traced as their users would, each run in a process of its own."""
