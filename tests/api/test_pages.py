"""What guards the pages: sessions, forms, roles and headers, over plain HTTP on both databases."""

import csv
import io
import re
from datetime import timedelta

import httpx
import pytest
from sqlalchemy import insert, select

from features.clock import DAY, to_micros
from serving.language import catalog
from serving.lifecycle.handoff import Band
from serving.live.hand_offs import offer
from serving.store.schema import ledger
from serving.store.writer import Act
from serving.told_words import told_value
from serving.web.forms import own_path
from serving.web.queue_rows import row_of
from serving.web.sessions import HOURS, Sessions
from support.service import NOW, service
from support.stores import open_store

DASH = "\N{EN DASH}"
TOKEN = re.compile(r'name="form_token" value="(\w+)"')

MOVE = re.compile(r'name="move" value="(\d+)"')


@pytest.fixture
def browser(told):
    with httpx.Client(base_url=told.url, timeout=30, trust_env=False) as client:
        yield client


def token_of(browser, path="/sign-in"):
    return TOKEN.search(browser.get(path).text)[1]


def sign_in(browser, key, to="/"):
    return browser.post("/sign-in", data={"form_token": token_of(browser), "key": key, "to": to})


def test_who_has_not_signed_in_is_sent_to_do_so_and_comes_back(told, browser):
    sent = browser.get("/lead?lead_id=L-1")
    assert sent.status_code == 303
    assert sent.headers["location"] == "/sign-in?to=/lead%3Flead_id%3DL-1"
    assert sign_in(browser, told.rep_token, "/lead?lead_id=L-1").headers["location"] == "/lead?lead_id=L-1"


@pytest.mark.parametrize("to", ["//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\nb", "/ a"])
def test_nobody_is_led_elsewhere_after_signing_in(to):
    assert own_path(to, "/") == "/"


def test_the_cookie_can_be_read_by_nobody_else(told, browser):
    cookie = next(c for c in sign_in(browser, told.rep_token).headers.get_list("set-cookie") if "session" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert f"Max-Age={HOURS * 3600}" in cookie
    assert told.rep_token not in cookie


def test_a_wrong_key_opens_nothing(told, browser):
    answer = sign_in(browser, "rip_wrong")
    assert answer.status_code == 401
    assert "ripeness_session" not in answer.headers.get("set-cookie", "")
    assert "rip_wrong" not in answer.text


def test_a_cookie_that_was_changed_or_has_ended_is_none():
    now = to_micros(NOW)
    sessions = Sessions(b"secret")
    cookie = sessions.cookie(sessions.begin("key", now))
    assert sessions.read(cookie, now).key_id == "key"
    assert sessions.read(cookie, to_micros(NOW + timedelta(hours=HOURS))) is None
    assert Sessions(b"other").read(cookie, now) is None
    for i in range(0, len(cookie), 7):
        changed = cookie[:i] + ("0" if cookie[i] != "0" else "1") + cookie[i + 1 :]
        assert sessions.read(changed, now) is None
    for nonsense in (None, "", ".", "a.b.c.d", "ö", "x" * 5_000):
        assert sessions.read(nonsense, now) is None


def test_signing_out_ends_the_session_wherever_its_cookie_went(told, browser):
    sign_in(browser, told.rep_token)
    stolen = httpx.Client(base_url=told.url, cookies=dict(browser.cookies), trust_env=False)
    assert stolen.get("/queue").status_code == 200
    browser.post("/sign-out", data={"form_token": token_of(browser, "/queue")})
    assert stolen.get("/queue").status_code == 303
    stolen.close()


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/language", "/lead/accept", "/lead/reject", "/lead/undo"])
def test_no_form_is_taken_without_its_token(told, browser, path):
    sign_in(browser, told.admin_token)
    fields = {"lead_id": "L-1", "key": told.rep_token, "language": "it", "reason": "other"}
    for token in ({}, {"form_token": "0" * 64}, {"form_token": "ö"}):
        answer = browser.post(path, data=fields | token)
        assert answer.status_code == 403
        assert "This form is too old" in answer.text


@pytest.mark.parametrize(
    "body", [b"", b"a=b=c&&", b"\xff", b"a=1&a=2", b"x=%00", b"&".join(b"f%d=1" % i for i in range(99))]
)
def test_what_is_no_form_is_refused_in_a_sentence(told, browser, body):
    sign_in(browser, told.rep_token)
    answer = browser.post("/lead/accept", content=body, headers={"content-type": "application/x-www-form-urlencoded"})
    assert answer.status_code in (403, 422)
    assert "<h1>" in answer.text


@pytest.mark.parametrize(
    ("who", "seen"),
    [("rep_token", {"/queue"}), ("token", {"/funnel"}), ("admin_token", {"/queue", "/funnel", "/model"})],
)
def test_each_role_sees_what_it_may(told, browser, who, seen):
    sign_in(browser, getattr(told, who))
    for path in ("/queue", "/funnel", "/model"):
        answer = browser.get(path)
        assert answer.status_code == (200 if path in seen else 403), path
    assert browser.get("/").headers["location"] in seen


def test_a_key_that_was_taken_back_opens_nothing(told, browser):
    sign_in(browser, told.rep_token)
    service = told.app.state.service
    ring = service.keys
    try:
        left = type(ring)(keys=tuple(key for key in ring.keys if "rep" not in key.scopes))
        object.__setattr__(service, "keys", left)
        assert browser.get("/queue").status_code == 303
    finally:
        object.__setattr__(service, "keys", ring)


def test_pages_run_nothing_but_their_own_scripts_and_are_kept_by_nobody(told, browser):
    sign_in(browser, told.rep_token)
    headers = browser.get("/queue").headers
    policy = headers.get_list("content-security-policy")
    assert len(policy) == 1
    assert "script-src 'self'" in policy[0]
    assert "unsafe" not in policy[0]
    assert headers["cache-control"] == "no-store"
    asset = browser.get("/assets/style.css")
    assert "immutable" in asset.headers["cache-control"]
    assert browser.get("/assets/VENDORED.md").status_code == 404


def test_the_language_of_the_browser_counts_until_one_is_chosen(told, browser):
    assert 'lang="it"' in browser.get("/sign-in", headers={"accept-language": "it"}).text
    browser.post("/language", data={"form_token": token_of(browser), "language": "it", "to": "/sign-in"})
    assert 'lang="it"' in browser.get("/sign-in", headers={"accept-language": "en"}).text
    sent = {"form_token": token_of(browser), "language": "../en", "to": "/"}
    assert browser.post("/language", data=sent).status_code == 422


def test_an_accepted_lead_is_on_record_as_if_told_by_the_api(told, browser):
    told.client.post("/v1/leads", json={"lead_id": "L-1", "created_at": "2026-02-01T00:00:00Z"})
    sign_in(browser, told.rep_token)
    data = {"form_token": token_of(browser, "/queue"), "lead_id": "L-1", "to": "/queue"}
    assert "Sales never had this lead" in browser.post("/lead/accept", data=data).text
    hand_over(told, "L-1")
    answer = browser.post("/lead/accept", data=data)
    assert answer.headers["location"] == "/queue?just=accepted"
    page = browser.get("/lead?lead_id=L-1").text
    assert "Sales accepted it" in page
    undoing = data | {"move": MOVE.search(page)[1]}
    assert browser.post("/lead/undo", data=undoing).headers.get("location") == "/lead?lead_id=L-1&just=undone"
    assert "Moved back to" in browser.get("/lead?lead_id=L-1").text


def test_of_two_who_accept_the_second_is_told_so_and_changes_nothing(told, browser):
    told.client.post("/v1/leads", json={"lead_id": "L-1", "created_at": "2026-02-01T00:00:00Z"})
    hand_over(told, "L-1")
    sign_in(browser, told.rep_token)
    data = {"form_token": token_of(browser, "/queue"), "lead_id": "L-1", "to": "/queue"}
    with httpx.Client(base_url=told.url, timeout=30, trust_env=False) as other:
        sign_in(other, told.admin_token)
        others = data | {"form_token": token_of(other, "/queue")}
        assert other.post("/lead/accept", data=others).headers["location"] == "/queue?just=accepted"
        for path in ("/lead/accept", "/lead/reject"):
            answer = browser.post(path, data=data | ({"reason": "bad_timing"} if "reject" in path else {}))
            assert answer.headers["location"] == "/queue?just=taken"
            assert "somebody else accepted this lead" in browser.get(answer.headers["location"]).text
        assert other.post("/lead/accept", data=others).headers["location"] == "/queue?just=accepted"
    page = browser.get("/lead?lead_id=L-1").text
    assert page.count("Sales accepted it") == 1
    assert "Sales turned it down" not in page


def test_undo_pressed_twice_takes_one_move_back(told, browser):
    told.client.post("/v1/leads", json={"lead_id": "L-1", "created_at": "2026-02-01T00:00:00Z"})
    hand_over(told, "L-1")
    sign_in(browser, told.rep_token)
    data = {"form_token": token_of(browser, "/queue"), "lead_id": "L-1"}
    for stage in ("marketing_qualified", "sales_qualified"):
        sent = {"lead_id": "L-1", "stage": stage}
        as_rep = {"authorization": f"Bearer {told.rep_token}"}
        assert told.client.post("/v1/stage", json=sent, headers=as_rep).status_code == 200
    seen = MOVE.search(browser.get("/lead?lead_id=L-1").text)[1]
    for _ in range(2):
        answer = browser.post("/lead/undo", data=data | {"move": seen})
        assert answer.headers["location"] == "/lead?lead_id=L-1&just=undone"
    page = browser.get("/lead?lead_id=L-1").text
    assert page.count("Moved back to") == 1
    assert browser.post("/lead/undo", data=data | {"move": "1"}).headers["location"].endswith("just=moved_on")


def hand_over(told, lead_id, owner=None):
    now, policy = to_micros(NOW), told.settings.lifecycle
    act = Act(now=now, key_id="test", action="offer", lead_id=lead_id)
    store = told.app.state.service.store
    store.write(
        lambda write: offer(write, lead_id, at=now, band=Band.HOT, policy=policy, by="policy", owner=owner), act
    )


@pytest.mark.parametrize("start", list("=+-@|%\t\r"))
def test_no_cell_of_an_export_is_a_formula(told, browser, start):
    name = f'{start}HYPERLINK("x")'
    attributes = {"name": name, "company": f" {start}cmd"}
    told.client.post(
        "/v1/leads", json={"lead_id": f"{start}1", "created_at": "2026-02-01T00:00:00Z", "attributes": attributes}
    )
    told.app.state.service.engine.drain(to_micros(NOW))
    sign_in(browser, told.rep_token)
    text = browser.get("/queue.csv?view=all").text.removeprefix("\ufeff")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[0] == "lead_id"
    assert len(rows) == 1
    assert not [cell for cell in rows[0] if cell.lstrip(" ").startswith(tuple("=+@|%\t\r"))]
    assert rows[0][0] == f"'{start}1"


@pytest.mark.parametrize("path", ["/nowhere", "/lead/accept"])
def test_a_person_at_a_wrong_address_gets_a_page_and_a_machine_a_problem(told, browser, path):
    seen = browser.get(path, headers={"accept": "text/html,*/*;q=0.8", "accept-language": "it"})
    assert (seen.status_code, seen.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "<h1>Questa pagina non esiste</h1>" in seen.text
    assert browser.get(path).headers["content-type"] == "application/problem+json"


def test_the_queue_says_what_its_chance_and_its_times_mean(told, browser):
    told.client.post("/v1/leads", json={"lead_id": "L-1", "created_at": "2026-02-01T00:00:00Z"})
    told.app.state.service.engine.drain(to_micros(NOW))
    sign_in(browser, told.rep_token)
    days = round(told.predictor.bundle.horizon_days)
    assert f"chance to be won within {days} days" in browser.get("/queue?view=all").text


def test_an_amount_that_was_told_as_text_reads_as_a_number(told, browser):
    told.client.post(
        "/v1/leads",
        json={"lead_id": "L-1", "created_at": "2026-02-01T00:00:00Z", "attributes": {"revenue": "83089000"}},
    )
    sign_in(browser, told.rep_token)
    assert "83,089,000" in browser.get("/lead?lead_id=L-1").text


def mine(browser, person=""):
    page = browser.get("/queue", params={"view": "mine", "person": person}).text
    return re.findall(r'class="open" href="/lead\?lead_id=([^"]+)"', page)


def tell(told, lead_id, **fields):
    sent = {"lead_id": lead_id, "created_at": "2026-02-01T00:00:00Z"} | fields
    assert told.client.post("/v1/leads", json=sent).status_code == 200
    told.app.state.service.engine.drain(to_micros(NOW))


def answer(told, browser, lead_id, verdict="accept", **fields):
    data = {"form_token": token_of(browser, "/queue"), "lead_id": lead_id, "to": "/queue"} | fields
    sent = browser.post(f"/lead/{verdict}", data=data)
    told.app.state.service.engine.drain(to_micros(NOW))
    return sent


def test_mine_are_the_leads_that_the_crm_gave_me_and_those_that_i_accepted(told, browser):
    sign_in(browser, told.rep_token)
    for lead_id, owner in (("free", None), ("of-bob", "Bob"), ("given", "Bob"), ("waits", None), ("élan", "ÉLODIE")):
        tell(told, lead_id, owner=owner)
    assert mine(browser) == []
    assert mine(browser, "bob") == ["given", "of-bob"]
    assert mine(browser, "élodie") == ["%C3%A9lan"]
    for lead_id, owner in (("free", None), ("of-bob", "Bob"), ("given", "Bob")):
        hand_over(told, lead_id, owner)
        answer(told, browser, lead_id)
    assert mine(browser) == ["free", "given", "of-bob"]  # whose the CRM says they are doesn't change by that
    assert mine(browser, "bob") == ["given", "of-bob"]

    tell(told, "given", owner="Carla")
    assert mine(browser) == ["free", "of-bob"]
    answer(told, browser, "of-bob", "reject", reason="bad_timing")
    assert mine(browser) == ["free"]
    seen = MOVE.search(browser.get("/lead?lead_id=free").text)[1]
    answer(told, browser, "free", "undo", move=seen)
    assert mine(browser) == []


def test_a_lead_that_was_accepted_says_by_whom(told, browser):
    service = told.app.state.service
    ring = service.keys
    named = tuple(key.model_copy(update={"name": "Anna" if "rep" in key.scopes else "Bob"}) for key in ring.keys)
    tell(told, "L-1")
    hand_over(told, "L-1")
    sign_in(browser, told.rep_token)
    answer(told, browser, "L-1")
    try:
        object.__setattr__(service, "keys", type(ring)(keys=named))
        assert "Accepted by Anna" in browser.get("/lead?lead_id=L-1").text
        assert mine(browser) == mine(browser, "anna") == ["L-1"]
        assert mine(browser, "Bob") == []
    finally:
        object.__setattr__(service, "keys", ring)


def test_a_search_finds_letters_beyond_a_to_z_in_any_case(told, browser):
    tell(told, "L-1", attributes={"name": "Émile Ödön", "company": "ÖBB"})
    sign_in(browser, told.rep_token)
    for text in ("öbb", "ÖBB", "émile ödön", "ÉMILE"):
        assert "L-1" in browser.get("/queue", params={"view": "all", "text": text}).text, text


def test_a_cursor_that_is_none_of_these_leads_shows_the_first_page(told, browser):
    tell(told, "L-1")
    sign_in(browser, told.rep_token)
    for cursor in ("", "x", "WzAuMiwiTC0xIl0", "ö" * 5_000):
        assert "lead_id=L-1" in browser.get("/queue", params={"view": "all", "after": cursor}).text


def steps(browser, lead_id="L-1", language="en"):
    """Each stage of the ladder as a person reads it."""
    page = browser.get(f"/lead?lead_id={lead_id}", headers={"accept-language": language}).text
    ladder = re.search(r'<ol class="ladder">(.*?)</ol>(.*?)</p>', page, re.DOTALL)
    found = [" ".join(re.sub("<[^>]+>", " ", part).split()) for part in ladder[1].split("</li>")[:-1]]
    return found, " ".join(re.sub("<[^>]+>", " ", ladder[2]).split())


def test_the_ladder_says_where_a_lead_is_was_and_never_was_and_what_the_next_stage_takes(told, browser):
    tell(told, "L-1")
    sign_in(browser, told.rep_token)
    found, takes = steps(browser)
    assert found[0] == f"{DASH} subscriber skipped"
    assert "lead here" in found[1]
    assert found[2:4] == ["→ marketing qualified may be next", "○ sales qualified"]
    assert "It takes a score of 75, fit C or better, and activity on 2 days of the last 90." in takes

    hand_over(told, "L-1")
    assert steps(browser)[0][3] == "→ sales qualified may be next"
    assert steps(browser)[1] == "To “sales qualified”: As soon as sales accepts it."
    answer(told, browser, "L-1")
    found, takes = steps(browser)
    assert found[:5] == [
        f"{DASH} subscriber skipped",
        "✓ lead passed · 1 Feb 2026",
        f"{DASH} marketing qualified skipped",
        "● sales qualified here · 1 Mar 2026",
        "→ opportunity may be next",
    ]
    assert takes.startswith("To “opportunity”: When a deal is opened")
    assert "saltato" in steps(browser, language="it")[0][0]

    tell(told, "L-2")
    hand_over(told, "L-2")
    answer(told, browser, "L-2", "reject", reason="bad_timing")
    found, takes = steps(browser, "L-2")
    assert "here" in found[1]
    assert found[3] == "→ sales qualified may be next"
    assert takes == "To “sales qualified”: If sales accepts it after all."


def test_a_lead_that_fell_back_says_so_and_a_lost_one_goes_nowhere(told, browser):
    tell(told, "L-1")
    sign_in(browser, told.rep_token)
    crm = {"authorization": f"Bearer {told.token}"}
    for stage in ("opportunity", "marketing_qualified"):
        sent = told.client.post("/v1/stage", json={"lead_id": "L-1", "stage": stage}, headers=crm)
        assert sent.status_code == 200
    found, takes = steps(browser)
    assert found[3:5] == ["→ sales qualified may be next", "↩ opportunity fell back · 1 Mar 2026"]
    assert "It is then offered to sales, who decide." in takes
    lost = {"lead_id": "L-1", "kind": "closed_lost", "happened_at": "2026-03-01T11:00:00Z"}
    assert told.client.post("/v1/outcomes", json=lost).status_code < 300
    assert not [step for step in steps(browser)[0] if "may be next" in step]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"reason": "too_cheap"}, "one of these reasons: not our customer profile, no intent to buy, bad timing,"),
        ({}, "one of these reasons: not our customer profile"),
        ({"reason": "other", "note": " "}, "another reason needs a note"),
        ({"reason": "bad_timing", "note": "x" * 2_001}, "a note has at most 2,000 characters"),
    ],
)
def test_a_rejection_that_lacks_something_says_what(told, browser, sent, said):
    tell(told, "L-1")
    hand_over(told, "L-1")
    sign_in(browser, told.rep_token)
    went = answer(told, browser, "L-1", "reject", **sent)
    assert went.status_code == 303
    page = browser.get(went.headers["location"]).text
    assert said in page
    assert '<details id="reject" open>' in page
    assert "Sales turned it down" not in page


def test_a_note_may_be_as_long_in_lines_as_the_page_lets_it_be(told, browser):
    tell(told, "L-1")
    hand_over(told, "L-1")
    sign_in(browser, told.rep_token)
    note = "ab\n" * 666 + "ab"
    assert len(note) == 2_000
    went = answer(told, browser, "L-1", "reject", reason="other", note=note.replace("\n", "\r\n"))
    assert went.headers["location"] == "/queue?just=rejected"


@pytest.mark.parametrize(
    ("field", "value", "english", "italian"),
    [
        ("renewal", "2026-03-05", "5 Mar 2026", "5 mar 2026"),
        ("renewal", "2026-03-05T14:05:00+02:00", "5 Mar 2026, 14:05", "5 mar 2026, 14:05"),
        ("renewal", "2026-02-30", "2026-02-30", "2026-02-30"),
        ("country", "DE", "Germany", "Germania"),
        ("country", "Germany", "Germany", "Germany"),
        ("plan", "DE", "DE", "DE"),
        ("revenue", "83089000", "83,089,000", "83.089.000"),
        ("trial", True, "yes", "sì"),
        ("seats", 1234.5, "1,234.5", "1.234,5"),
    ],
)
def test_values_are_the_companys_own_but_dates_numbers_and_codes_of_countries(field, value, english, italian):
    assert told_value(field, value, catalog("en")) == english
    assert told_value(field, value, catalog("it")) == italian


def test_dates_on_the_page_of_a_lead_are_those_of_its_language(told, browser):
    tell(told, "L-1", attributes={"renewal": "2026-05-05", "country": "DE", "trial": True})
    sign_in(browser, told.rep_token)
    for language, shown in (("en", ("5 May 2026", "Germany")), ("it", ("5 mag 2026", "Germania"))):
        page = browser.get("/lead?lead_id=L-1", headers={"accept-language": language}).text
        assert not re.search(r">[^<]*\d{4}-\d\d-\d\d", page)
        assert all(text in page for text in shown)


def test_an_error_comes_to_stand_in_the_part_of_a_page_that_was_asked_for(told, browser):
    sign_in(browser, told.rep_token)
    asked = {"hx-request": "true", "hx-target": "section#leads"}
    answer = browser.get("/lead?lead_id=nobody", headers=asked)
    assert answer.status_code == 404
    assert '<section id="leads"' in answer.text
    assert answer.text.count("<h1>") == 0
    for target in ('section#"><script>', "section", "#x y", "a#" + "x" * 99):
        text = browser.get("/lead?lead_id=nobody", headers=asked | {"hx-target": target}).text
        assert '<section class="narrow card"' in text
        assert "<script>" not in text


def test_a_part_of_a_page_is_not_filled_with_the_sign_in(told, browser):
    answer = browser.get("/queue?view=all&text=x", headers={"hx-request": "true", "hx-target": "section#leads"})
    assert (answer.status_code, answer.text) == (401, "")
    assert answer.headers["hx-redirect"] == "/sign-in?to=/queue%3Fview%3Dall%26text%3Dx"


def test_without_a_model_the_pages_say_so(tmp_path):
    with open_store("sqlite", tmp_path) as store, service(model=False, store=store) as running:
        running.client.post("/v1/leads", json={"lead_id": "L-1", "created_at": "2026-02-01T00:00:00Z"})
        with httpx.Client(base_url=running.url, timeout=30, trust_env=False) as browser:
            sign_in(browser, running.rep_token)
            for path in ("/queue", "/lead?lead_id=L-1"):
                answer = browser.get(path)
                assert answer.status_code == 200
                assert "There is no model yet: Leads and their activities are kept" in answer.text
            assert "/lead/similar" not in browser.get("/lead?lead_id=L-1").text


def test_a_small_line_begins_with_the_score_that_held_then(told):
    now, store = to_micros(NOW), told.app.state.service.store
    tell(told, "L-1")
    with store.reading() as connection:
        like = dict(connection.execute(select(ledger)).mappings().one())
    old = [like | {"id": 100 + i, "as_of": now - days * DAY, "score": i} for i, days in enumerate((90, 70, 30, 7))]
    store.write(lambda write: write.connection.execute(insert(ledger), old), Act(now=now, key_id="test", action="test"))
    with store.reading() as connection:
        assert row_of(connection, "L-1", now).line == (1, 2, 3, like["score"])
