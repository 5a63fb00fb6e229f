"""Plain English: no text of the project holds a word that a stranger has to guess."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("service", "sql", "migrations", "docs")
KINDS = {".py", ".sql", ".md", ".json", ".html", ".js"}
GUESSED = re.compile(
    r"\b(dearer|dearest|anew|whoever|in vain|for ever|(is|are|was|were) let in|stands? still"
    r"|at the most)\b",
    re.IGNORECASE,
)


def test_no_text_needs_guessing() -> None:
    files = [path for folder in FOLDERS for path in (ROOT / folder).rglob("*")]
    files += [*ROOT.glob("*.md"), ROOT / ".env.example", ROOT / "gunicorn.conf.py"]
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match[0]}"
        for path in sorted(files)
        if path.suffix in KINDS or path.name == ".env.example"
        for number, line in enumerate(path.read_text().splitlines(), 1)
        for match in GUESSED.finditer(line)
    ]
    assert not found, "\n".join(found)
