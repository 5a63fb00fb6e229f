"""What a chart shows: how high its lines and bars are, as shares of the highest."""

import re

from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.dashboard.browser import Page

NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
START, CURVE = 2, 6  # numbers in a path: of its start, and of each curve, whose end comes last


def lines(page: Page, title: str) -> list[list[float]]:
    """The lines of a chart, each point by point."""
    chart = find(page, title)
    zero = chart.find_element(By.CSS_SELECTOR, ".recharts-xAxis line")
    base = float(zero.get_attribute("y1") or 0)
    paths = chart.find_elements(By.CSS_SELECTOR, ".recharts-line-curve")
    return shares([[base - y for y in heights(path)] for path in paths])


def bars(page: Page, title: str) -> list[float]:
    """The bars of a chart; one of nothing is not drawn."""
    drawn = []
    for bar in find(page, title).find_elements(By.CSS_SELECTOR, ".recharts-bar-rectangle"):
        [*path] = bar.find_elements(By.TAG_NAME, "path")
        drawn.append(float(path[0].get_attribute("height") or 0) if path else 0)
    return shares([drawn])[0]


def shares(series: list[list[float]]) -> list[list[float]]:
    """The same with the highest of all as 1."""
    highest = max(max(one) for one in series)
    return [[value / highest for value in one] for one in series]


def find(page: Page, title: str) -> WebElement:
    """The chart below this title."""
    chart = f"//h2[text()='{title}']/following-sibling::div"
    return page.browser.find_element(By.XPATH, chart)


def heights(path: WebElement) -> list[float]:
    """Where the points of a line are, counted from the top."""
    numbers = [float(number) for number in NUMBER.findall(path.get_attribute("d") or "")]
    return [numbers[1], *numbers[START + CURVE - 1 :: CURVE]]
