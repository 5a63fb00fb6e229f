"""Model prices: loading them, and computing the cost of calls that were sent without one."""
