"""The page of names of attributes: python -m tests.ingest.otlp.conventions_page writes it."""

from pathlib import Path

from service.ingest.otlp.conventions import (
    CONVENTIONS,
    INPUT_PREFIXES,
    METADATA_PREFIXES,
    OUTPUT_PREFIXES,
)

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "conventions.md"
HEAD = """# Names of attributes

What `POST /v1/traces` reads of a span's attributes, in the order of trust: where several
attributes of a span mean the same, the first with a value that can be read wins. A value of the
wrong type counts as absent. A number may be text, such as `"12"`. What is read stays in
`data.attributes` as it was sent, but for input and output: `data.otel.taken` names their
attributes. A JSON text of a list or an object becomes that list or object there.

Tokens include cached and written ones, and those of reasoning. Langfuse's parts exclude each
other, and so do Claude Code's flat names: they are added up. Parts that are together larger than
the whole were counted beside it, and are added.

This page is made of [conventions.py](../../service/ingest/otlp/conventions.py).

| meaning | source | attributes |
|---|---|---|
"""


def page() -> str:
    """The page as it is to be."""
    lines = [
        row(meaning, source, names)
        for meaning, sources in CONVENTIONS.items()
        for source, names in sources.items()
    ]
    prefixes = [
        ("a key of the run's metadata", METADATA_PREFIXES, "*"),
        ("a part of the input", INPUT_PREFIXES, ".0.*"),
        ("a part of the output", OUTPUT_PREFIXES, ".0.*"),
    ]
    lines += [
        row(meaning, source, (prefix + rest,))
        for meaning, sources, rest in prefixes
        for source, prefix in sources.items()
    ]
    return HEAD + "\n".join(lines) + "\n"


def row(meaning: str, source: str, names: tuple[str, ...]) -> str:
    """A row of the table."""
    return f"| {meaning} | {source} | {', '.join(f'`{name}`' for name in names)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
