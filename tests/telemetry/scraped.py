"""A scrape as the tests read it."""

from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample


class Scrape:
    """The samples of one answer."""

    def __init__(self, text: str) -> None:
        families = text_string_to_metric_families(text)
        self.samples: list[Sample] = [one for family in families for one in family.samples]

    def total(self, name: str, **labels: str) -> float:
        """The sum of the samples that have these labels; 0 where there is none yet."""
        return sum(
            one.value
            for one in self.samples
            if one.name == name and labels.items() <= one.labels.items()
        )

    def labels(self) -> dict[str, set[str]]:
        """The names of the labels of each sample's name."""
        return {one.name: set(one.labels) for one in self.samples}
