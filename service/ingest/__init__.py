"""A request body -> good rows and named errors. No SQL, no HTTP."""

from service.ingest.batch import BadBatch, Batch, BatchTooLarge, parse_batch
from service.ingest.keys import Keys, parse_keys
from service.ingest.rows import EventRow

__all__ = ["BadBatch", "Batch", "BatchTooLarge", "EventRow", "Keys", "parse_batch", "parse_keys"]
