"""The errors of single events of a request: the first 100 in full, the others as a count."""

from dataclasses import dataclass, field
from typing import Any

from service.ingest.json.fields import BadEvent

MAX_NAMED_ERRORS = 100


@dataclass
class EventErrors:
    """`errors` holds up to 100 of {index, event_id, field, code, message}; `failed` counts all."""

    errors: list[dict[str, Any]] = field(default_factory=list)
    failed: int = 0

    def note(self, index: int, event_id: str | None, error: BadEvent) -> None:
        """Note the error of the event at this index of the request."""
        self.failed += 1
        if len(self.errors) < MAX_NAMED_ERRORS:
            self.errors.append(
                {
                    "index": index,
                    "event_id": event_id,
                    "field": error.field,
                    "code": error.code,
                    "message": str(error),
                }
            )

    def describe(self) -> dict[str, Any]:
        """The fields of a response for these errors."""
        fields: dict[str, Any] = {"failed": self.failed, "errors": self.errors}
        if self.failed > len(self.errors):
            fields["errors_omitted"] = self.failed - len(self.errors)
        return fields
