"""Every page for everybody: no violation that axe knows of, and light enough for a slow line."""

import pytest
from axe_playwright_python.sync_playwright import Axe

HEAVIEST = 200_000  #: bytes of a page with all that it loads
KINDS = ("en-GB light 1440", "it-IT dark 1440", "en-GB dark 360", "it-IT light 360")


def addresses(pages):
    lead = pages.offered()[0]
    return ("/queue", f"/lead?lead_id={lead}", f"/lead/similar?lead_id={lead}", "/funnel", "/model", "/lead?lead_id=no")


def violations(page):
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found]


@pytest.mark.parametrize("kind", KINDS)
def test_axe_finds_nothing(person, pages, kind):
    language, theme, width = kind.split()
    page = person(language=language, theme=theme, width=int(width))
    page.goto("/sign-in")
    found = {"/sign-in": violations(page)}
    page.fill("#key", pages.admin)
    page.press("#key", "Enter")
    page.wait_for_url("**/queue")
    for path in addresses(pages):
        assert page.goto(path).status == (404 if path.endswith("=no") else 200), path
        page.wait_for_load_state("networkidle")
        found[path] = violations(page)
    assert not {path: wrong for path, wrong in found.items() if wrong}


def test_no_page_is_heavy(person, pages):
    page = person(pages.admin)
    page.wait_for_load_state("networkidle")
    loaded = []
    page.on("response", lambda response: loaded.append(response))  # noqa: PLW0108  # it wants a Python function
    for path in addresses(pages):
        loaded.clear()
        page.goto(path)
        page.wait_for_load_state("networkidle")
        weight = sum(len(response.body()) for response in loaded)
        assert 1_000 < weight < HEAVIEST, (path, weight)


def test_a_lead_can_be_printed(person, pages):
    page = person(pages.rep)
    page.goto(f"/lead?lead_id={pages.offered()[0]}")
    page.emulate_media(media="print")
    assert not page.locator(".head").is_visible()
    assert not page.locator(".deeds").is_visible()
    assert page.locator(".waterfall").is_visible()


@pytest.mark.parametrize("path", ["/funnel", "/model"])
def test_on_a_phone_what_is_wide_scrolls_in_its_box_by_keyboard(person, pages, path):
    page = person(pages.admin, width=360)
    page.goto(path)
    page.locator("details").evaluate_all("all => all.forEach(one => one.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = [
        box for box in page.locator(".scroll").all() if box.evaluate("box => box.scrollWidth > box.clientWidth + 1")
    ]
    assert wide
    for box in wide:
        box.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("box => box.scrollLeft > 0", arg=box.element_handle())


def test_the_model_page_shows_each_column_before_and_now(person, pages):
    page = person(pages.admin)
    page.goto("/model")
    columns = page.locator("#columns")
    assert "columns" in columns.locator(".lede").inner_text()
    assert columns.locator("tbody tr").count() >= 5
    assert columns.locator("tbody tr").first.locator("rect.then, rect.now").count() >= 4
