"""/api/metrics: totals, time series, percentiles."""
