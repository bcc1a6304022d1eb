"""What people do with the pages, in a real browser: sign in, find the best lead, read why, say yes or no."""

import re

from support.pages_company import FORMULA, SCRIPT


def first(page):
    return page.locator(".lead").first


def test_a_rep_signs_in_and_sees_whom_to_call_first(person, pages):
    page = person()
    page.goto("/queue")
    assert page.url.endswith("/sign-in?to=/queue")

    page.fill("#key", "rip_wrong")
    page.click("text=Sign in >> nth=-1")
    assert "no such key" in page.inner_text("#trouble")
    page.fill("#key", pages.rep)
    page.press("#key", "Enter")
    page.wait_for_url("**/queue")

    assert "Call first" in first(page).inner_text()
    assert pages.offered()[0] in first(page).locator("a.open").get_attribute("href")
    assert re.search(r"top \d+% · \d+% chance · [\d.]+\N{MULTIPLICATION SIGN}", first(page).inner_text())
    assert first(page).locator(".reason").count() == 3


def test_it_says_why_in_points_that_add_up_to_the_score(person, pages):
    page = person(pages.rep)
    for lead_id in pages.offered()[:2]:
        page.goto(f"/lead?lead_id={lead_id}")
        rows = page.locator(".waterfall > li").all_inner_texts()
        numbers = [int(row.split()[-1].replace("\N{MINUS SIGN}", "-")) for row in rows]
        sums = [i for i, row in enumerate(rows) if row.startswith(("Who it is", "What it does"))]
        average, score = numbers[0], numbers[-1]
        fit, engagement = numbers[sums[0]], numbers[sums[1]]

        assert len(sums) == 2
        assert average + fit + engagement == score
        assert sum(numbers[sums[0] + 1 : sums[1]]) == fit
        assert sum(numbers[sums[1] + 1 : -1]) == engagement
        assert score == int(page.inner_text(".lead-score .points"))
        assert "were won" in page.inner_text(".waterfall")
        assert page.locator(".waterfall .raises").count() >= 1
        assert "What this score is not" in page.inner_text("main")


def test_a_rep_accepts_and_takes_it_back(person, pages):
    page = person(pages.rep)
    lead_id = pages.offered()[-1]
    page.goto(f"/lead?lead_id={lead_id}")
    page.click("form.accept button")
    assert "Accepted" in page.inner_text("[role=status]")
    assert lead_id not in pages.offered()
    assert "sales qualified" in page.inner_text(".ladder .here")
    assert page.locator("form.accept").count() == 0

    page.click("form.undo button")
    assert "Undone" in page.inner_text("[role=status]")
    assert "sales qualified" not in page.inner_text(".ladder .here")


def test_a_rep_rejects_with_a_reason_and_sees_it_come_back_to_marketing(person, pages):
    page = person(pages.rep)
    lead_id = pages.offered()[0]
    page.goto(f"/lead?lead_id={lead_id}")
    name = page.inner_text("h1")
    page.click("summary.reject")
    page.select_option("#reason", "other")
    page.click("#reject button")
    assert "needs a note" in page.inner_text("[role=alert]")
    page.select_option("#reason", "bad_timing")
    page.click("#reject button")
    assert "Rejected" in page.inner_text("[role=status]")
    assert lead_id not in pages.offered()
    assert "Sales turned it down: bad timing" in page.inner_text("main")

    pages.engine.drain(int(pages.now.timestamp() * 1_000_000))
    page.goto("/queue?view=recycled")
    assert name in page.inner_text("#leads")
    page.goto(f"/lead?lead_id={lead_id}")
    assert "It may come back in" in page.inner_text("main")


def test_the_language_changes_and_stays(person, pages):
    page = person(pages.rep)
    page.click("button[lang=it]")
    assert page.inner_text("h1") == "Chi chiamare adesso"
    assert page.get_attribute("html", "lang") == "it"
    page.click("a.open >> nth=0")
    assert "Perché questo punteggio" in page.inner_text("main")
    page.click("button[lang=en]")
    assert "Why this score" in page.inner_text("main")


def test_the_queue_is_filtered_while_typing(person, pages):
    page = person(pages.rep)
    page.goto("/queue?view=all")
    name = page.locator(".lead h2").nth(7).inner_text()
    everybody = page.locator(".found").inner_text()
    page.locator("#text").press_sequentially(name.lower(), delay=15)
    page.wait_for_function("before => document.querySelector('.found').textContent.trim() != before", arg=everybody)
    assert page.locator(".lead h2").all_inner_texts().count(name) == page.locator(".lead").count() >= 1
    assert "text=" in page.url
    page.fill("#text", "nobody is called so")
    page.wait_for_selector(".empty")
    assert "No lead in this view" in page.inner_text("#leads")


def test_the_next_page_comes_without_loading_the_whole(person, pages):
    page = person(pages.rep)
    page.goto("/queue?view=all")
    page.evaluate("window.stillHere = true")
    before = page.locator(".lead a.open").evaluate_all("links => links.map(a => a.href)")
    page.click(".paging a")
    page.wait_for_selector("text=Back to the first page")
    after = page.locator(".lead a.open").evaluate_all("links => links.map(a => a.href)")
    assert page.evaluate("window.stillHere") is True
    assert after
    assert not set(before) & set(after)


def test_everything_goes_by_keys_alone(person, pages):
    page = person()
    page.goto("/sign-in")
    page.wait_for_selector("#key:focus")
    page.keyboard.type(pages.rep)
    page.keyboard.press("Enter")
    page.wait_for_url("**/queue")
    page.wait_for_selector(".lead")
    names = page.locator(".lead h2").all_inner_texts()
    for key in "jjk":
        page.keyboard.press(key)
    assert page.locator(".lead.chosen h2").inner_text() == names[0]
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lead?*")
    assert page.inner_text("h1") == names[1]

    page.go_back()
    page.wait_for_selector(".lead")
    waits = pages.offered()
    page.keyboard.press("j")
    page.keyboard.press("a")
    page.wait_for_selector(".note")
    assert "Accepted" in page.inner_text(".note")
    assert pages.offered() == waits[1:]
    page.locator(".lead:has(.reject) a.open").first.focus()
    page.keyboard.press("r")
    page.wait_for_url("**#reject")
    assert page.is_visible("#reason")
    page.wait_for_selector("#reason:focus")


def test_a_phone_shows_all_of_it(person, pages):
    page = person(pages.admin, width=360, height=740)
    for path in ("/queue", f"/lead?lead_id={pages.offered()[0]}", "/funnel", "/model"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") == 360, path
    page.goto("/queue")
    waiting = page.locator(".lead:has(form.accept)").first
    assert waiting.locator("button").is_visible()
    assert waiting.locator(".reason").first.is_visible()


def test_everything_can_be_read_and_done_without_scripts(person, pages):
    page = person(pages.rep, scripts=False)
    page.fill("#text", "nobody is called so")
    page.click("button:has-text('Find')")
    assert "No lead in this view" in page.inner_text("#leads")
    page.goto(f"/lead?lead_id={pages.offered()[0]}")
    assert "Why this score" in page.inner_text("main")
    page.click("summary.reject")
    page.select_option("#reason", "no_intent")
    page.click("#reject button")
    assert "Rejected" in page.inner_text("[role=status]")
    page.click("text=Show them")
    assert "Won leads" in page.inner_text("h1")


def test_an_error_of_ours_is_a_sentence_on_a_page(person, pages):
    page = person(pages.rep)
    models, keep = pages.app.state.service.models, pages.app.state.service.models.status
    page.goto("/lead?lead_id=nobody")
    assert page.inner_text("h1") == "There is no such lead"
    try:
        models.status = object()  # whatever can't be foreseen
        page.goto(f"/lead?lead_id={pages.offered()[0]}")
        assert page.inner_text("h1") == "Something went wrong"
        models.status = keep
        page.goto("/queue?view=all")
        models.status = object()
        page.fill("#text", "anything")
        page.wait_for_selector("#leads:has-text('Something went wrong')")
        models.status = keep
        page.fill("#text", "")
        page.wait_for_selector(".lead")
        models.status = object()
        page.goto(f"/lead?lead_id={pages.offered()[0]}")
    finally:
        models.status = keep
    assert page.inner_text("h1") == "Something went wrong"
    assert "The fault is ours" in page.inner_text("main")
    assert "Traceback" not in page.content()
    page.click("text=Go on")
    assert page.inner_text("h1") == "Whom to call next"


def test_a_lead_may_be_called_anything(person, pages):
    script, formula = pages.offered()[:2]
    pages.rename(script, SCRIPT, SCRIPT)
    pages.rename(formula, FORMULA)
    page = person(pages.rep)
    page.goto("/queue?view=all&text=alert")
    assert page.locator(".lead h2").all_inner_texts() == [SCRIPT]
    page.goto(f"/lead?lead_id={script}")
    assert page.inner_text("h1") == SCRIPT
    assert page.locator("main script").count() == 0

    file = page.request.get("/queue.csv?view=all").text()
    assert "'=HYPERLINK(" in file
    assert ',"=' not in file
    assert person.said == []


def test_a_manager_sees_the_funnel_and_moves_the_capacity(person, pages):
    page = person(pages.crm)
    assert page.inner_text("h1") == "Where leads leak"
    before = page.inner_text("#reach")
    page.locator("#calls").evaluate(
        "slider => { slider.value = 3; slider.dispatchEvent(new Event('input', {bubbles: true})) }"
    )
    page.wait_for_function("before => document.querySelector('#reach').innerText != before", arg=before)
    assert "3 calls reach" in page.inner_text("#reach")
    assert page.goto("/queue").status == 403
    assert page.inner_text("h1") == "This page is not for you"
