"""Failure: an error that ends a command with one line."""


class Failure(Exception):
    """A command failed; its text is printed on the terminal, without a traceback."""
