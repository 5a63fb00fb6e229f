"""How long the body of a request is, as its head says."""

END = b"\r\n\r\n"
# Where one of these is, a body has no length, or is not sent before the service asks for it.
ASKS_FOR_A_READER = (b"transfer-encoding", b"expect")


def body_length(head: bytes) -> int | None:
    """The length of the body; None where only reading it can tell.

    That is also the answer for a head that gunicorn refuses.
    """
    lengths = []
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in ASKS_FOR_A_READER:
            return None
        if name == b"content-length":
            lengths.append(value.strip(b" \t"))
    if not lengths:
        return 0
    [*others, last] = lengths
    return int(last) if not others and last.isdigit() and len(last) < 20 else None
