"""The instructions of a Dockerfile, as far as tests need them."""

import re
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Instruction:
    """One instruction: the number of its build stage, its keyword, and the rest of it."""

    stage: int
    keyword: str
    text: str


def read_dockerfile(path: Path) -> list[Instruction]:
    """Return the instructions in order, without comments, with continued lines joined."""
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n\s*", "", "\n".join(lines))
    found, stage = [], -1
    for line in filter(str.strip, joined.splitlines()):
        keyword, _, text = line.partition(" ")
        stage += keyword == "FROM"
        found.append(Instruction(stage, keyword, text.strip()))
    return found


def copied(instructions: list[Instruction], stage: int) -> list[tuple[list[str], str]]:
    """Return what a stage copies out of the repository: sources, and where to."""
    pairs = []
    for instruction in instructions:
        if instruction.keyword == "COPY" and instruction.stage == stage:
            *sources, target = instruction.text.split()
            if not sources[0].startswith("--from"):
                pairs.append((sources, target))
    return pairs
