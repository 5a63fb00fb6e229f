"""Text for terminals and logs, in which nothing is invisible and nothing changes the direction."""


def visible(text: str) -> str:
    r"""The text with every character that is not printed as such escaped, as \u202e.

    Names of agents, runs and models are data: clients may send zero-width characters in them, and
    those that turn the direction of what follows. The escapes are those of JSON.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else escaped(char) for char in text)


def escaped(char: str) -> str:
    """A character as JSON escapes it: beyond U+FFFF as two surrogates."""
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
