"""The errors of single events of a request: the first 100 in full, the others as a count.

Warnings are of events that are stored, but not quite as they were sent.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, ClassVar

from service.ingest.json.fields import BadEvent
from service.ingest.repairs import Repairs

MAX_NAMED_ERRORS = 100


@dataclass
class EventErrors:
    """`errors` holds up to 100 of {index, event_id, field, code, message}; `failed` counts all.

    So does `warnings`; `repaired` counts them by code. `id_field` is what an id is called there.
    """

    id_field: ClassVar[str] = "event_id"

    errors: list[dict[str, Any]] = field(default_factory=list)
    failed: int = 0
    warnings: list[dict[str, Any]] = field(default_factory=list)
    repaired: Counter[str] = field(default_factory=Counter)

    def note(self, index: int, event_id: str | None, error: BadEvent) -> None:
        """Note the error of the event at this index of the request."""
        self.failed += 1
        if len(self.errors) < MAX_NAMED_ERRORS:
            self.errors.append(self._entry(index, event_id, error))

    def warn(self, index: int, event_id: str | None, warning: BadEvent) -> None:
        """Note what was repaired in the event at this index of the request."""
        if len(self.warnings) < MAX_NAMED_ERRORS:
            self.warnings.append(self._entry(index, event_id, warning))

    def warn_of(self, index: int, event_id: str | None, repairs: Repairs) -> None:
        """Note all that was repaired in the event at this index."""
        for warning in repairs.take():
            self.repaired[warning.code] += 1
            self.warn(index, event_id, warning)

    def describe(self) -> dict[str, Any]:
        """The fields of a response for these errors."""
        fields: dict[str, Any] = {"failed": self.failed, "errors": self.errors}
        if self.failed > len(self.errors):
            fields["errors_omitted"] = self.failed - len(self.errors)
        if self.warnings:
            fields["warnings"] = self.warnings
        return fields

    def _entry(self, index: int, event_id: str | None, error: BadEvent) -> dict[str, Any]:
        """An error or a warning as clients see it."""
        return {
            "index": index,
            self.id_field: event_id,
            "field": error.field,
            "code": error.code,
            "message": str(error),
        }
