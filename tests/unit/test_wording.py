"""Sentences: true for the lead's value, readable when something is absent."""

import re
from dataclasses import replace
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.definitions import (
    ANY,
    ActiveDays,
    Age,
    Attribute,
    Count,
    Decayed,
    Distinct,
    FirstTouch,
    LastTouch,
    Momentum,
    Recency,
    Sum,
)
from features.lead import Event, Lead
from features.rows import lead_row
from features.settings import Lifecycle
from features.stages import Stage
from features.verdicts import Rejection
from features.view import KindMeaning, View
from serving.language import LANGUAGES, catalog
from serving.lifecycle import Action, Because, Facts, Ground, Scored, decide
from serving.stage_words import (
    ACTIVITY,
    CONTENT,
    REASONS,
    SENTENCES,
    STAGES,
    action_sentence,
    because_sentence,
)
from serving.wording import About, sentence
from support.text_tables import rows_of

POLICY = Lifecycle(mql_min_score=75, mql_min_fit="C", min_active_days=2)
VIEW = View(
    definitions=(FirstTouch(), LastTouch()),
    kinds=(
        KindMeaning(name="pricing_page_view", aliases=("prezzi",)),
        KindMeaning(name="lesson_watch"),
        KindMeaning(name="exam", label="exam taken"),
        KindMeaning(name="unsubscribe"),
    ),
    categories={
        "first_touch_channel": ("email", "carrier_pigeon"),
        "last_touch_channel": ("email", "carrier_pigeon"),
    },
)
PRICING, LESSON, EXAM = "pricing_page_view", "lesson_watch", "exam"


def said(definition, value, language="en"):
    return sentence(definition, value, About(view=VIEW, lead=Lead(lead_id="a"), language=catalog(language)))


DAYS = 86_400_000_000  #: microseconds
AS_OF = 20_000 * DAYS


def told(definition, ages, language="en", kind=PRICING, value=None, raises=False):
    """The sentence for a lead that did something so many days ago; the value as the kernel computes it."""
    events = [Event(kind, int(AS_OF - age * DAYS), int(AS_OF - age * DAYS), value) for age in ages]
    lead = Lead(lead_id="a", events=events)
    row = lead_row(replace(VIEW, definitions=(definition,)), lead, AS_OF)
    about = About(view=VIEW, lead=lead, language=catalog(language), as_of=AS_OF, visible=events)
    return sentence(definition, float(row[0]), about, raises=raises)


COUNTED = [
    (Count(kind=PRICING, days=14), 3, "Viewed the pricing page 3 times in the last 14 days"),
    (Count(kind=PRICING, days=14), 1, "Viewed the pricing page once in the last 14 days"),
    (Count(kind=PRICING, days=1), 1200, "Viewed the pricing page 1,200 times in the last day"),
    (Count(kind=PRICING, days=0.5), 2, "Viewed the pricing page twice in the last 12 hours"),
    (Count(kind=PRICING, days=30), 0, "No pricing page view in the last 30 days"),
    (Count(kind="unsubscribe", days=30), 1, "Unsubscribed in the last 30 days"),
    (Count(kind=LESSON, days=7), 3, "3 × lesson watch in the last 7 days"),  # noqa: RUF001  # the sign for "times"
    (Count(kind=EXAM, days=7), 0, "No exam taken in the last 7 days"),
    (Count(kind=ANY, days=7), 0, "No activity in the last 7 days"),
    (Sum(kind=LESSON, days=30), 12.5, "Lesson watch: values adding up to 12.5 in the last 30 days"),
    (Sum(kind=LESSON, days=30), 0, "No lesson watch in the last 30 days"),
    (ActiveDays(kind=ANY, days=30), 1, "Was active on 1 of the last 30 days"),
    (ActiveDays(kind=ANY, days=30), 31, "Was active on 30 of the last 30 days"),
    (ActiveDays(kind=ANY, days=1), 1, "Was active in the last day"),
    (ActiveDays(kind=EXAM, days=30), 2, "Exam taken on 2 of the last 30 days"),
    (ActiveDays(kind=PRICING, days=30), 0, "No pricing page view in the last 30 days"),
    (Distinct(kind=ANY, days=90), 1, "Showed interest in 1 topic in the last 90 days"),
    (Distinct(kind=ANY, days=90), 3, "Showed interest in 3 topics in the last 90 days"),
    (Distinct(kind=ANY, days=90), 0, "Nothing it did in the last 90 days shows a topic of interest"),
    (Distinct(kind=PRICING, days=90), 2, "Pricing page views: 2 different topics in the last 90 days"),
    (Distinct(kind=PRICING, days=90), 0, "Pricing page views: no known topic in the last 90 days"),
    (Recency(kind=PRICING), 3.99, "Last viewed the pricing page 3 days ago"),
    (Recency(kind=PRICING), 0.5, "Last viewed the pricing page 12 hours ago"),
    (Recency(kind=PRICING), 0.01, "Last viewed the pricing page less than an hour ago"),
    (Recency(kind=ANY), 126.5, "Last activity 126 days ago"),
    (Recency(kind="unsubscribe"), 40.5, "Unsubscribed 40 days ago"),
    (Recency(kind=LESSON), 1.0, "Last “lesson watch” 1 day ago"),
    (Recency(kind=PRICING), nan, "No pricing page view so far"),
    (
        Decayed(kind=PRICING, half_life_days=14),
        2.344,
        "Pricing page views, recent ones counting more: 2.34 (each counts half after 14 days)",
    ),
    (Decayed(kind=PRICING, half_life_days=14), 0.001, "Pricing page views, recent ones counting more: under 0.01"),
    (Decayed(kind=PRICING, half_life_days=14), 0, "No pricing page view so far"),
    (Momentum(kind=ANY, days=7), 4, "Activities: 4 more in the last 7 days than in the 7 days before"),
    (Momentum(kind=ANY, days=7), -1, "Activities: 1 fewer in the last 7 days than in the 7 days before"),
    (Momentum(kind=ANY, days=7), 0, "No activity in the last 14 days"),
    (FirstTouch(), 0, "First came through e-mail"),
    (LastTouch(), 1, "Last came through carrier pigeon"),
    (FirstTouch(), nan, "First channel not known, or too rare to judge by"),
    (Age(), 12.9, "Came to us 12 days ago"),
    (Age(), 0.2, "Came to us less than a day ago"),
    (Age(), nan, "Not known when the lead came to us"),
]


@pytest.mark.parametrize(("definition", "value", "text"), COUNTED)
def test_a_sentence_says_what_the_column_counts(definition, value, text):
    assert said(definition, value).startswith(text)


FADING, TREND = Decayed(kind=PRICING, half_life_days=14), Momentum(kind=PRICING, days=7)
FROM_EVENTS = [
    (FADING, [9.5, 40], "en", "Viewed the pricing page twice, the last time 9 days ago"),
    (FADING, [9.5], "en", "Viewed the pricing page 9 days ago"),
    (FADING, [9.5, 40, 41], "it", "Ha visitato la pagina dei prezzi 3 volte, l'ultima 9 giorni fa"),
    (TREND, [8, 9], "en", "Viewed the pricing page between 7 and 14 days ago, not since"),
    (TREND, [8], "it", "Ha visitato la pagina dei prezzi tra 7 e 14 giorni fa, poi più"),
    (TREND, [1, 2, 3, 8], "en", "Viewed the pricing page 3 times in the last 7 days, once in the 7 days before"),
    (
        TREND,
        [1, 8, 9],
        "it",
        "Ha visitato la pagina dei prezzi una volta negli ultimi 7 giorni, due volte nei 7 giorni ",
    ),
    (TREND, [1, 30], "en", "Viewed the pricing page once in the last 7 days, not in the 7 days before"),
    (TREND, [1, 8], "en", "Viewed the pricing page once in the last 7 days, once in the 7 days before"),
    (TREND, [30], "en", "No pricing page view in the last 14 days"),
    (Momentum(kind=ANY, days=1), [1.5], "en", "Was active between 1 and 2 days ago, not since"),
    (Momentum(kind=PRICING, days=0.5), [0.6], "it", "Ha visitato la pagina dei prezzi tra 12 e 24 ore fa, poi più"),
    (Sum(kind=PRICING, days=30), [1, 2, 40], "en", "Viewed the pricing page twice in the last 30 days"),
]


@pytest.mark.parametrize(("definition", "ages", "language", "text"), FROM_EVENTS)
def test_a_number_that_nobody_can_read_is_told_by_the_leads_own_events(definition, ages, language, text):
    assert told(definition, ages, language, value=37.0).startswith(text)
    assert told(definition, ages, language, kind="prezzi", value=37.0).startswith(text)


QUIET = """
    ages    | raises | text
    814     | yes    | No unsubscription in the last 90 days (the last was 814 days ago)
    40, 500 | yes    | No unsubscription in the last 30 days (the last was 40 days ago)
    8       | yes    | No unsubscription in the last 7 days (the last was 8 days ago)
    2       | yes    | Unsubscribed 2 days ago
    814     | no     | Unsubscribed 814 days ago
"""


@pytest.mark.parametrize("case", rows_of(QUIET), ids=lambda c: f"{c['ages']} {c['raises']}")
def test_an_unwelcome_act_raises_by_being_long_past(case):
    ages, raises = [float(age) for age in case["ages"].split(",")], case["raises"] == "yes"

    assert told(Recency(kind="unsubscribe"), ages, kind="unsubscribe", raises=raises) == case["text"]
    if raises and min(ages) > 7:
        assert told(Count(kind="unsubscribe", days=900), ages, kind="unsubscribe", raises=True) == case["text"]


def test_kinds_without_a_verb_are_told_by_their_name():
    trend = Momentum(kind=LESSON, days=7)

    assert told(trend, [8], kind=LESSON) == "“lesson watch” between 7 and 14 days ago, not since"
    assert told(trend, [8], "it", kind=LESSON) == "«lesson watch» tra 7 e 14 giorni fa, poi più"
    assert told(Decayed(kind=LESSON, half_life_days=14), [3], kind=LESSON) == "Last “lesson watch” 3 days ago"


def test_what_the_events_do_not_bear_out_is_told_by_the_number():
    about = About(view=VIEW, lead=Lead(lead_id="a"), language=catalog("en"), as_of=AS_OF, visible=())

    assert sentence(TREND, -2.0, about) == "Pricing page views: 2 fewer in the last 7 days than in the 7 days before"


def test_a_companys_own_label_goes_before_our_words():
    own = KindMeaning(name="demo_request", label="prova gratuita")
    about = About(view=replace(VIEW, kinds=(own,)), lead=Lead(lead_id="a"), language=catalog("it"))

    assert sentence(Recency(kind="demo_request"), 3.0, about) == "Ultimo evento «prova gratuita»: 3 giorni fa"
    assert sentence(Count(kind="demo_request", days=7), 0.0, about) == (
        "Nessun evento «prova gratuita» negli ultimi 7 giorni"
    )
    same = KindMeaning(name="demo_request", label="demo request")
    about = About(view=replace(VIEW, kinds=(same,)), lead=Lead(lead_id="a"), language=catalog("it"))
    assert sentence(Recency(kind="demo_request"), 3.0, about) == "Ultima richiesta di demo: 3 giorni fa"


ITALIAN = """
    what      | value | text
    count     | 3     | Ha visitato la pagina dei prezzi 3 volte negli ultimi 14 giorni
    count     | 1     | Ha visitato la pagina dei prezzi una volta negli ultimi 14 giorni
    count     | 2     | Ha visitato la pagina dei prezzi due volte negli ultimi 14 giorni
    count     | 1200  | Ha visitato la pagina dei prezzi 1.200 volte negli ultimi 14 giorni
    count     | 0     | Nessuna visita alla pagina dei prezzi negli ultimi 14 giorni
    lessons   | 0     | Nessun evento «lesson watch» negli ultimi 7 giorni
    days      | 1     | È stato attivo nelle ultime 24 ore
    recency   | 1     | Ultima visita alla pagina dei prezzi: 1 giorno fa
    recency   | nan   | Nessuna visita alla pagina dei prezzi finora
    momentum  | -2    | Attività: 2 in meno negli ultimi 7 giorni che nei 7 giorni precedenti
    age       | 40    | Arrivato 40 giorni fa
"""
NAMED = {
    "count": Count(kind=PRICING, days=14),
    "lessons": Count(kind=LESSON, days=7),
    "days": ActiveDays(kind=ANY, days=1),
    "recency": Recency(kind=PRICING),
    "momentum": Momentum(kind=ANY, days=7),
    "age": Age(),
}


@pytest.mark.parametrize("case", rows_of(ITALIAN), ids=lambda c: f"{c['what']} {c['value']}")
def test_italian_has_its_own_words_plurals_and_numbers(case):
    assert said(NAMED[case["what"]], float(case["value"]), "it") == case["text"]


kinds = st.sampled_from([ANY, PRICING, LESSON, EXAM, "never_heard_of"])
windows = st.sampled_from([0.25, 1, 1.5, 7, 30, 365])
definitions = (
    st.builds(Count, kind=kinds, days=windows)
    | st.builds(Sum, kind=kinds, days=windows)
    | st.builds(ActiveDays, kind=kinds, days=windows)
    | st.builds(Distinct, kind=kinds, days=windows)
    | st.builds(Recency, kind=kinds)
    | st.builds(Decayed, kind=kinds, half_life_days=windows)
    | st.builds(Momentum, kind=kinds, days=windows)
    | st.just(Age())
    | st.builds(Attribute, field=st.sampled_from(["employees", "Lead Origin", "città"]), encoding=st.just("number"))
)


@given(definitions, st.floats(0, 1e12) | st.integers(0, 10**6).map(float), st.sampled_from(LANGUAGES))
def test_every_definition_has_a_sentence_for_every_value(definition, value, language):
    text = said(definition, value, language)

    assert text
    assert text[0] == text[0].upper()
    assert not re.search(r"\{(did|none|noun|when|n|label|field|value)\}", text)


def test_why_and_what_next_are_said_with_the_values():
    decision = decide(Stage.LEAD, Facts(consent=True, active_days=1, topic="prezzi"), Scored(score=60, fit="B"), POLICY)

    texts = [because_sentence(ground, VIEW, catalog("en")) for ground in decision.because]
    assert texts == [
        "Score 60 is below the 75 that “marketing qualified” needs",
        "Active on 1 day only in the last 90 days; “marketing qualified” needs 2",
    ]
    assert action_sentence(decision, [], catalog("it")).endswith("come guide e webinar. Argomento di interesse: prezzi")


def test_what_is_still_to_ask_goes_with_a_call():
    decision = decide(Stage.SALES_QUALIFIED, Facts(active_days=3), Scored(score=60, fit="B"), POLICY)

    assert decision.action is Action.CALL
    assert action_sentence(decision, ["budget", "authority", "need"], catalog("en")) == (
        "Call. Still to ask: budget, who decides and need"
    )
    assert action_sentence(decision, ["need", "timeline"], catalog("it")) == (
        "Chiamare. Da chiarire ancora: esigenze e tempi"
    )


@pytest.mark.parametrize(
    ("consent", "language", "text"),
    [
        (None, "en", "Ask for consent before any marketing; none is on record"),
        (False, "en", "Consent was refused: no marketing"),
        (False, "it", "Consenso negato: nessuna azione di marketing"),
    ],
)
def test_consent_refused_is_not_consent_unknown(consent, language, text):
    decision = decide(Stage.LEAD, Facts(consent=consent, active_days=3), Scored(score=60, fit="B"), POLICY)

    assert action_sentence(decision, [], catalog(language)) == text


def test_an_unsubscription_is_said_instead_of_an_action():
    facts = Facts(consent=True, unsubscribed_days=2.5, active_days=3)
    decision = decide(Stage.LEAD, facts, Scored(score=60, fit="B"), POLICY)

    assert action_sentence(decision, [], catalog("en")) == "Do not e-mail: unsubscribed 2 days ago"
    assert action_sentence(decision, [], catalog("it")) == "Non inviare e-mail: disiscrizione 2 giorni fa"


@pytest.mark.parametrize(
    ("facts", "score", "texts"),
    [
        (
            Facts(active_days=69),
            Scored(score=96, fit="C"),
            [
                "Score 96 reaches the 75 that “marketing qualified” needs",
                "Fit C reaches the C that “marketing qualified” needs",
                "Active on 69 different days in the last 90 days; at least 2 needed",
                "Not yet “sales qualified”: fit C, B needed",
            ],
        ),
        (
            Facts(active_days=0),
            Scored(score=80, fit="B"),
            ["No activity in the last 90 days; “marketing qualified” needs activity on 2 days"],
        ),
        (Facts(active_days=2, idle_days=48.5), Scored(score=80, fit="B"), ["No activity for 48 days (limit: 45 days)"]),
        (
            Facts(disqualified_reason="bad_timing", disqualified_days=50.5),
            Scored(score=80, fit="B"),
            ["Sales turned it down: bad timing", "It may come back in 40 days"],
        ),
        (
            Facts(disqualified_reason="no budget", asked="pricing_page_view", asked_days=1),
            Scored(score=80, fit="B"),
            ["Sales turned it down: no budget", "Viewed the pricing page 1 day ago: check again with sales"],
        ),
    ],
)
def test_a_stage_is_explained_by_what_is_there_and_what_is_missing(facts, score, texts):
    decision = decide(Stage.LEAD, facts, score, POLICY)

    assert [because_sentence(ground, VIEW, catalog("en")) for ground in decision.because] == texts


def test_a_reason_that_only_the_company_knows_is_said_without_underscores():
    ground = Ground(code=Because.TURNED_DOWN_BEFORE, values={"reason": "no_budget"})
    assert because_sentence(ground, VIEW, catalog("en")) == "Sales had turned it down before that: no budget"


def test_every_ground_every_reason_and_every_stage_has_words():
    said_apart = {Because.ASKED, Because.ASKED_TOO, Because.UNSUBSCRIBED, *ACTIVITY}

    assert set(SENTENCES) == set(Because) - said_apart
    assert set(REASONS) == set(Rejection)
    assert set(CONTENT) < set(STAGES)
