"""The write path: what waits is gathered into one transaction, and each request told its counts."""

from service.writer.queue import Overloaded, Writer
from service.writer.transaction import Counts

__all__ = ["Counts", "Overloaded", "Writer"]
