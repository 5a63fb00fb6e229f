"""A price file: what may stand in it, and what a wrong line is told."""

from datetime import date
from pathlib import Path

import pytest

from service.core.failure import Failure
from service.prices.price_file import read_file, read_prices
from tests.prices.truth import HEADER
from tests.processes.harness import REPOSITORY

LINE = "gpt-4o,,2024-05-13,5,15,,,,"
WRONG = [
    ([HEADER, LINE, "x,,2024-05-13,five,15,,,,"], "line 4: input_per_million 'five' is no number"),
    ([HEADER, "x,,2024-05-13,NaN,15,,,,"], "line 3: input_per_million 'NaN' is not from 0"),
    ([HEADER, "x,,2024-05-13,-1,15,,,,"], "line 3: input_per_million '-1' is not from 0"),
    ([HEADER, "x,,2024-05-13,1000000,15,,,,"], "line 3: input_per_million '1000000' is not from"),
    ([HEADER, "x,,2024-05-13,1,15,0.0000001,,,"], "line 3: cache_read_per_million '0.0000001' is"),
    ([HEADER, "x,,2024-05-13,1,,,,,"], "line 3: output_per_million '' is no number"),
    ([HEADER, "x,,13.5.2024,1,15,,,,"], "line 3: valid_from '13.5.2024' is no day such as"),
    ([HEADER, ",,2024-05-13,1,15,,,,"], "line 3: model '' is empty"),
    ([HEADER, f"{'x' * 256},,2024-05-13,1,15,,,,"], "has 256 characters; the limit is 255"),
    ([HEADER, "x,a|\x07,2024-05-13,1,15,,,,"], "line 3: aliases '\\x07' holds a control character"),
    (
        [HEADER, LINE, "x,gpt-4o,2024-05-13,1,15,,,,"],
        "gpt-4o from 2024-05-13 is in test.csv, line 3",
    ),
    ([HEADER, f"{LINE},"], "line 3 has more values than there are columns"),
    ([HEADER, '"x,,2024-05-13,1,15,,,,'], "line after it: unexpected end of data"),
    (["model,valid_from,input_per_million", LINE], "has no column output_per_million"),
    ([HEADER.replace("source", "sorce"), LINE], "has a column 'sorce', which means nothing"),
    ([], "has no column model"),
]


@pytest.mark.parametrize(("lines", "said"), WRONG)
def test_what_is_wrong_is_said_with_its_line(lines: list[str], said: str) -> None:
    with pytest.raises(Failure, match="test") as failure:
        read_prices("test.csv", ["# a comment", *lines])
    assert said in str(failure.value)


def test_a_zero_of_any_exponent_is_stored_as_one() -> None:
    """PostgreSQL reads no 0e-999999, and a traceback was printed."""
    [row] = read_prices("test.csv", [HEADER, "x,,2024-05-13,0e-999999,0e99999,,,,"])
    assert [str(row[f"{name}_per_million"]) for name in ("input", "output")] == ["0.000000"] * 2


def test_aliases_cost_the_same_and_columns_may_be_left_out() -> None:
    lines = [
        "valid_from,model,output_per_million,input_per_million,aliases",
        "2024-05-13,a,2,1, b | c|",
    ]
    found = read_prices("test.csv", lines)
    assert [row.pop("model") for row in found] == ["a", "b", "c"]
    assert found[0] == found[1] == found[2]
    assert (found[0]["valid_from"], found[0]["source"]) == (date(2024, 5, 13), "")


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "No such file"), (b"\xff", "is not UTF-8"), (b" " * 2**25, "larger")],
)
def test_a_file_that_is_none_is_one_line(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "prices.csv").write_bytes(content)
    with pytest.raises(Failure, match=said):
        read_file(str(tmp_path / "prices.csv"))


def test_the_example_can_be_loaded() -> None:
    found = read_file(str(REPOSITORY / "docs/prices.example.csv"))
    assert {row["model"] for row in found} >= {"our-llama", "llama-gateway", "our-long-context"}
    assert [row["above_tokens"] for row in found] == [0, 0, 0, 0, 0, 200_000]
