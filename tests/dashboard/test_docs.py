"""/docs in a real browser: the page shows the API, and asks it with the reader's key.

Its policy allows what comes from the service alone; whatever it blocked would stand in the console.
"""

from selenium.webdriver.common.by import By

from service.auth.key_admin import create
from service.auth.scopes import Scope
from tests.dashboard.browser import Page
from tests.dashboard.conftest import needs_chromium
from tests.events import event, new_id
from tests.http.wire import batch
from tests.processes.harness import until
from tests.service import Service

pytestmark = needs_chromium
AGENTS = "//div[@id='operations-agents-getAgents']"
FIELD = "//input[@aria-label='auth-bearer-value']"
LOOK = """
    const of = css => getComputedStyle(document.querySelector(css));
    return [of("body").backgroundColor, of("body").color, of("header").backgroundColor,
        of("body").fontFamily, document.querySelector("link[rel=icon]").href.split("/").at(-1)];
"""
BLOCK = """
    const of = css => getComputedStyle(document.querySelector(css));
    return [of(".opblock").backgroundColor, of(".opblock-summary-description").fontFamily];
"""


def look(page: Page) -> list[str]:
    """The colours of a page and of its header, its font, its icon."""
    return list(page.browser.execute_script(LOOK))


def test_the_page_looks_like_that_for_people_and_leads_there(page: Page, service: Service) -> None:
    """Before the other test makes a key, without which the page would ask for one."""
    for scheme in ("light", "dark"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        page.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
        page.open(f"{service.url}/docs", "Store a batch of events")
        found = look(page)
        panel, font = page.browser.execute_script(BLOCK)
        assert (panel, font) == (found[2], found[3])
        page.click("//header//a[text()='GATI']")
        page.until(lambda: page.browser.current_url == f"{service.url}/ui/", "the page")
        page.until(lambda: page.browser.find_elements(By.TAG_NAME, "h1"), "the view")
        assert look(page) == found


def test_the_page_shows_the_api_and_asks_it_with_a_key(
    page: Page, service: Service, service_database_url: str
) -> None:
    assert service.post(batch(event(new_id(), agent_name="Keeper"))).status_code == 200
    key = create(service_database_url, "reader", Scope.READ, None)
    until(lambda: service.get("/api/agents").status_code == 401, "all are let in")

    page.open(f"{service.url}/docs", "GATI Backend", "OAS 3.1", "Store a batch of events")
    page.click("//button[contains(@class, 'authorize')]")
    page.click(FIELD)
    page.browser.find_element(By.XPATH, FIELD).send_keys(key)
    page.click("//button[@aria-label='Apply credentials']")
    page.click("//button[text()='Close']")
    page.click(f"{AGENTS}//button[contains(@class, 'opblock-summary-control')]")
    page.click(f"{AGENTS}//button[text()='Try it out ']")
    page.click(f"{AGENTS}//button[text()='Execute']")
    page.shows('"name": "Keeper"', f"{service.url}/api/agents")
    page.browser.refresh()
    page.shows("Store a batch of events")
    page.click("//button[contains(@class, 'authorize')]")
    page.click(FIELD)  # it is there: the key was not kept
