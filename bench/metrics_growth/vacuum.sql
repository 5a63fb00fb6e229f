-- metrics_growth/vacuum: statistics and visibility as autovacuum would leave them.
VACUUM (ANALYZE);
