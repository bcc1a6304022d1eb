"""POST /v1/predict: where a lead stands and what to do next, as a CRM reads it."""

EVENT = {"kind": "pricing_page_view", "happened_at": "2026-02-20T10:00:00Z"}
AS_OF = "2026-03-01T09:00:00Z"


def stage(running, *events, facts=None, created_at="2026-02-01T00:00:00Z", language="en"):
    body = {
        "lead": {"lead_id": "L-1", "created_at": created_at},
        "events": list(events),
        "as_of": AS_OF,
        "facts": facts or {},
    }
    return running.ask(body, **{"Accept-Language": language}).json()["stage"]


def test_who_has_just_unsubscribed_is_not_written_to_whatever_consent_says(running):
    gone = {"kind": "unsubscribe", "happened_at": "2026-02-27T09:00:00Z", "topic": "prices"}

    told = stage(running, EVENT, gone, facts={"consent": True})["next_action"]
    again = stage(running, EVENT, gone, facts={"consent": True, "consent_at": "2026-02-28T00:00:00Z"})["next_action"]

    assert (told["kind"], told["text"]) == ("wait", "Do not e-mail: unsubscribed 2 days ago")
    assert again["kind"] == "nurture"
    italian = stage(running, EVENT, gone, facts={"consent": True}, language="it")["next_action"]
    assert italian["text"] == "Non inviare e-mail: disiscrizione 2 giorni fa"


def test_a_request_that_the_model_does_not_read_is_handed_over_with_its_topic(running):
    asked = {"kind": "quote_request", "happened_at": "2026-02-28T09:00:00Z", "topic": "welding"}

    told = stage(running, EVENT, asked)

    assert told["recommended"] == "sales_qualified"
    assert told["next_action"]["topic"] == "welding"
    assert told["next_action"]["text"].startswith("Hand over to sales for a call. Interested in: welding")


def test_a_request_after_a_rejection_wins_and_both_are_told(running):
    asked = {"kind": "demo_request", "happened_at": "2026-02-28T09:00:00Z"}
    rejected = {"disqualified_reason": "bad_timing", "disqualified_at": "2026-02-20T09:00:00Z"}

    after = stage(running, asked, facts=rejected)
    undated = stage(running, asked, facts={"disqualified_reason": "no budget"})
    before = stage(running, asked, facts=rejected | {"disqualified_at": "2026-02-28T12:00:00Z"})

    assert after["recommended"] == "sales_qualified"
    assert after["because"][1] == "Sales had turned it down before that: bad timing"
    assert (undated["recommended"], undated["next_action"]["kind"]) == ("lead", "call")
    assert undated["because"][0] == "Sales turned it down: no budget"
    assert undated["because"][1].endswith("1 day ago: check again with sales")
    assert before["because"] == ["Sales turned it down: bad timing", "It may come back in 90 days"]


def test_a_lead_that_never_did_anything_goes_idle_too(running):
    told = stage(running, facts={"stage": "marketing_qualified"}, created_at="2026-01-01T00:00:00Z")

    assert (told["recommended"], told["because"]) == ("lead", ["No activity for 59 days (limit: 45 days)"])


def test_a_lead_stays_its_least_days_before_a_score_moves_it_back(running):
    def now(since):
        cold = {"stage": "marketing_qualified", "stage_since": since}
        return stage(running, {"kind": "webinar_attended", "happened_at": "2026-02-01T10:00:00Z"}, facts=cold)

    assert now("2026-02-25T00:00:00Z")["recommended"] == "marketing_qualified"
    assert now("2026-02-01T00:00:00Z")["recommended"] == "lead"


def test_a_wish_to_be_left_alone_does_not_make_a_lead_more_complete(running):
    body = {"lead": {"lead_id": "L-1"}, "as_of": AS_OF, "events": [EVENT | {"kind": "unsubscribe"}]}

    assert running.ask(body).json()["completeness"] == 0
