"""Each file of examples/ runs, and what it shows is there."""
