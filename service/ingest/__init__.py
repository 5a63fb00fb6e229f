"""A request body -> good rows and named errors. No SQL, no HTTP."""
