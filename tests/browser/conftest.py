"""Chromium as Debian has it, and the pages of a small company; without Chromium these tests are passed over."""

import shutil

import pytest
from playwright.sync_api import sync_playwright

from support.pages_company import site

NAMES = ("chromium", "chromium-browser", "google-chrome")
WAIT_MS = 8_000


@pytest.fixture(scope="module")
def chromium():
    """Ended with its file: while Playwright runs, no other test of the process could start an event loop."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("Chromium is not installed; `apt-get install chromium` brings it")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-gpu"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def pages(chromium, tmp_path_factory):
    with site(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture
def person(chromium, pages):
    """Opens a window for somebody; anything that a script of ours or of others says wrong fails the test."""
    opened, said = [], []

    def open_for(token=None, *, language="en-GB", width=1440, height=900, theme="light", scripts=True):
        window = chromium.new_context(
            base_url=pages.url,
            locale=language,
            viewport={"width": width, "height": height},
            color_scheme=theme,
            java_script_enabled=scripts,
        )
        window.set_default_timeout(WAIT_MS)
        opened.append(window)
        page = window.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        page.on("dialog", lambda dialog: said.append(dialog.message))
        if token is not None:
            page.goto("/sign-in")
            page.fill("#key", token)
            page.press("#key", "Enter")
            page.wait_for_url(lambda url: "/sign-in" not in url)
        return page

    open_for.said = said
    yield open_for
    for window in opened:
        window.close()
    assert not [text for text in said if "status of" not in text], said
