"""Failure: what stops a command, said in one line."""


class Failure(Exception):
    """A command that cannot go on; the text is for the terminal, without a traceback."""
