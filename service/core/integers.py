"""One bounded reader for integers that arrive as text: settings, query parameters, headers."""


def read_integer(text: str, low: int, high: int) -> int:
    """Return the integer of `text`, low..high (low >= 0), or raise ValueError.

    ASCII digits only; leading zeros have no meaning. int() runs on at most as many digits as `high`
    has, because its time grows with the square of the length.
    """
    digits = text.lstrip("0") or text[-1:]
    if text.isascii() and text.isdigit() and len(digits) <= len(str(high)):
        number = int(digits)
        if low <= number <= high:
            return number
    raise ValueError(f"expected an integer from {low} to {high}")
