"""What agents ask and are answered: texts of realistic lengths, made once and drawn from."""

import random
from functools import lru_cache

PAIRS = 4_096  # enough that no batch of 1,000 repeats many; made in 0.3 s
# Of input and output together. With its keys and figures an event's `data` is 600 to 2,000 bytes.
SHORTEST_BYTES, USUAL_BYTES, LONGEST_BYTES = 590, 640, 1_720
WORDS = """
the the the the a a a to to of of and and in in is for that it with on as are was be this have from
or by not but what all were when we there can an your which their said if will how each about up out
them then many some so these would other into has more two like him see time could no make than
first been who now find long down day did get come made may part over new sound take only little
work know place year live back give most very after thing our just name good sentence man think say
great where help through much before line right too mean old any same tell boy follow came want show
also around form three small set put end does another well large must big even such because turn
agent tool search query result answer prices inventory customer order invoice schedule weather
summary document table model token context step plan retry failed completed temperature database
naïve Zürich "quoted" 42 3.14 2026-11-22 https://example.com/search?q=falcon {"found":3} - * #
""".split()  # noqa: SIM905 -- a list of 170 literals would be a page


@lru_cache(maxsize=1)
def pairs() -> list[tuple[str, str]]:
    """Inputs with their outputs; always the same ones."""
    rng = random.Random(PAIRS)
    return [pair(rng) for _ in range(PAIRS)]


def pair(rng: random.Random) -> tuple[str, str]:
    """An input and its output: most are short, some are long."""
    length = rng.triangular(SHORTEST_BYTES, LONGEST_BYTES, USUAL_BYTES)
    asked = length * rng.uniform(0.1, 0.7)
    return text(rng, asked), text(rng, length - asked)


def text(rng: random.Random, length: float) -> str:
    """Sentences of about so many bytes."""
    words: list[str] = []
    size = 0
    while size < length:
        words.append(rng.choice(WORDS))
        if rng.random() < 0.08:
            words[-1] += rng.choice((".", ".", ",", ":\n", ".\n\n"))
        size += len(words[-1]) + 1
    return " ".join(words)[: int(length)]
