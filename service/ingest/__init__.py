"""A request body -> its rows and the errors of its events. No SQL, no HTTP."""
