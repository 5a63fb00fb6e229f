"""ScoreRow: one score as it is stored, whatever it came in as."""

from msgspec import Struct

NUMBER, BOOLEAN, CATEGORY = "number", "boolean", "category"


class ScoreRow(Struct, gc=False):
    """One score. Numbers are decimal text, which numeric keeps exactly; of a boolean 0 or 1."""

    run_id: str
    score_id: str
    event_id: str | None
    name: str
    kind: str
    number: str | None
    text: str | None
    comment: str | None
    metadata: str | None
    source: str
    timestamp: str
    updated_at: str | None = None  # when it last came, of a score that was exported

    @property
    def key(self) -> tuple[str, str]:
        """What a score that is sent again has in common with the first."""
        return self.run_id, self.score_id
