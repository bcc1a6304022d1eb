"""Sentences: true for the lead's value, readable when something is absent, complete in both languages."""

import io
import re
from math import nan
from pathlib import Path

import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from hypothesis import given
from hypothesis import strategies as st

import serving
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
from features.lead import Lead
from features.settings import Lifecycle
from features.stages import Stage
from features.view import KindMeaning, View
from models.evidence import Counted
from serving.language import LANGUAGES, catalog, preferred
from serving.lifecycle import Action, Because, Facts, Scored, decide
from serving.stage_words import CONTENT, SENTENCES, STAGES, action_sentence, because_sentence
from serving.wording import About, evidence_sentence, sentence
from support.text_tables import rows_of

POLICY = Lifecycle(mql_min_score=75, mql_min_fit="C", min_active_days=2)
VIEW = View(
    definitions=(Attribute(field="industry"), FirstTouch(), LastTouch()),
    kinds=(
        KindMeaning(name="pricing_page_view", aliases=("prezzi",), label="visit of prices"),
        KindMeaning(name="lesson_watch"),
        KindMeaning(name="exam", label="exam taken"),
    ),
    categories={
        "industry": ("Software", "Retail"),
        "job_title_seniority": ("director", "manager"),
        "first_touch_channel": ("email", "carrier_pigeon"),
        "last_touch_channel": ("email", "carrier_pigeon"),
    },
)
PRICING, LESSON, EXAM = "pricing_page_view", "lesson_watch", "exam"


def said(definition, value, language="en", **attributes):
    lead = Lead(lead_id="a", attributes=attributes)
    return sentence(definition, value, About(view=VIEW, lead=lead, language=catalog(language)))


COUNTED = [
    (Count(kind=PRICING, days=14), 3, "Viewed the pricing page 3 times in the last 14 days"),
    (Count(kind=PRICING, days=14), 1, "Viewed the pricing page once in the last 14 days"),
    (Count(kind=PRICING, days=1), 1200, "Viewed the pricing page 1,200 times in the last day"),
    (Count(kind=PRICING, days=0.5), 2, "Viewed the pricing page 2 times in the last 12 hours"),
    (Count(kind=PRICING, days=30), 0, "No pricing page view in the last 30 days"),
    (Count(kind=LESSON, days=7), 3, "3 × lesson watch in the last 7 days"),  # noqa: RUF001  # the sign for "times"
    (Count(kind=EXAM, days=7), 0, "No exam taken in the last 7 days"),
    (Count(kind=ANY, days=7), 0, "No activity in the last 7 days"),
    (Sum(kind=LESSON, days=30), 12.5, "Lesson watch: values adding up to 12.5 in the last 30 days"),
    (ActiveDays(kind=ANY, days=30), 1, "Was active on 1 day in the last 30 days"),
    (ActiveDays(kind=EXAM, days=30), 2, "Exam taken on 2 days in the last 30 days"),
    (ActiveDays(kind=PRICING, days=30), 0, "No pricing page view in the last 30 days"),
    (Distinct(kind=ANY, days=90), 1, "Activities: 1 topic in the last 90 days"),
    (Distinct(kind=ANY, days=90), 0, "Activities: no topic in the last 90 days"),
    (Recency(kind=PRICING), 3.99, "Viewed the pricing page, most recently 3 days ago"),
    (Recency(kind=PRICING), 0.5, "Viewed the pricing page, most recently 12 hours ago"),
    (Recency(kind=PRICING), 0.01, "Viewed the pricing page, most recently less than an hour ago"),
    (Recency(kind=LESSON), 1.0, "Last “lesson watch” 1 day ago"),
    (Recency(kind=PRICING), nan, "No pricing page view so far"),
    (Decayed(kind=PRICING, half_life_days=14), 2.344, "Pricing page views: 2.34, older ones counting less (half after"),
    (Decayed(kind=PRICING, half_life_days=14), 0.001, "Pricing page views: under 0.01, older ones counting less"),
    (Decayed(kind=PRICING, half_life_days=14), 0, "No pricing page view so far"),
    (Momentum(kind=ANY, days=7), 4, "Activities: 4 more in the last 7 days than in the 7 days before"),
    (Momentum(kind=ANY, days=7), -1, "Activities: 1 fewer in the last 7 days than in the 7 days before"),
    (Momentum(kind=ANY, days=7), 0, "Activities: as many in the last 7 days as in the 7 days before"),
    (FirstTouch(), 0, "First came by e-mail"),
    (LastTouch(), 1, "Last came by carrier pigeon"),
    (FirstTouch(), nan, "First channel not known, or too rare to judge by"),
    (Age(), 12.9, "Came to us 12 days ago"),
    (Age(), 0.2, "Came to us less than a day ago"),
    (Age(), nan, "Not known since when we know the lead"),
]


@pytest.mark.parametrize(("definition", "value", "text"), COUNTED)
def test_a_sentence_says_what_the_column_counts(definition, value, text):
    assert said(definition, value).startswith(text)


ATTRIBUTES = [
    (Attribute(field="industry"), 0, {"industry": "Software"}, "Industry: Software"),
    (Attribute(field="industry"), nan, {}, "Industry not known"),
    (Attribute(field="industry"), nan, {"industry": " "}, "Industry not known"),
    (Attribute(field="industry"), nan, {"industry": "Alchemy"}, "Industry: “Alchemy” is not one that the model knows"),
    (Attribute(field="employees", encoding="number"), 1250.0, {"employees": "1250"}, "Employees: 1,250"),
    (Attribute(field="Lead Origin", encoding="number"), nan, {}, "Lead Origin not known"),
    (Attribute(field="plan_b", encoding="number"), 0.5, {"plan_b": 0.5}, "Plan b: 0.5"),
    (
        Attribute(field="job_title", part="seniority"),
        0,
        {"job_title": "Direttore  vendite"},
        "Seniority: director (“Direttore vendite”)",
    ),
]


@pytest.mark.parametrize(("definition", "value", "attributes", "text"), ATTRIBUTES)
def test_an_attribute_is_shown_by_the_leads_own_value(definition, value, attributes, text):
    assert said(definition, value, **attributes) == text


def test_a_very_long_value_is_cut():
    assert len(said(Attribute(field="industry"), nan, industry="x" * 5000)) < 150


def test_braces_in_a_value_stay_as_they_are():
    text = said(Attribute(field="industry"), nan, industry="{field} {0} %s")

    assert "{field} {0} %s" in text


ITALIAN = """
    what      | value | text
    count     | 3     | Ha visitato la pagina dei prezzi 3 volte negli ultimi 14 giorni
    count     | 1     | Ha visitato la pagina dei prezzi una volta negli ultimi 14 giorni
    count     | 1200  | Ha visitato la pagina dei prezzi 1.200 volte negli ultimi 14 giorni
    count     | 0     | Nessuna visita alla pagina dei prezzi negli ultimi 14 giorni
    lessons   | 0     | Nessun evento «lesson watch» negli ultimi 7 giorni
    days      | 1     | Ha mostrato attività in 1 giorno nell'ultimo giorno
    recency   | 1     | Ha visitato la pagina dei prezzi, l'ultima volta 1 giorno fa
    recency   | nan   | Nessuna visita alla pagina dei prezzi finora
    momentum  | -2    | Attività: 2 in meno negli ultimi 7 giorni rispetto ai 7 giorni precedenti
    employees | 12.5  | Dipendenti: 12,5
    age       | 40    | Arrivato 40 giorni fa
"""
NAMED = {
    "count": Count(kind=PRICING, days=14),
    "lessons": Count(kind=LESSON, days=7),
    "days": ActiveDays(kind=ANY, days=1),
    "recency": Recency(kind=PRICING),
    "momentum": Momentum(kind=ANY, days=7),
    "employees": Attribute(field="employees", encoding="number"),
    "age": Age(),
}


@pytest.mark.parametrize("case", rows_of(ITALIAN), ids=lambda c: f"{c['what']} {c['value']}")
def test_italian_has_its_own_words_plurals_and_numbers(case):
    assert said(NAMED[case["what"]], float(case["value"]), "it") == case["text"]


def test_evidence_says_what_happened_to_such_leads_and_to_the_others():
    counted = Counted(leads=96, won=41, won_elsewhere=0.12)

    assert evidence_sentence(counted, catalog("en")) == "41 of 96 such leads were won, 12% otherwise"
    assert evidence_sentence(counted, catalog("it")) == "41 su 96 lead simili sono stati vinti, 12% negli altri casi"
    one = Counted(leads=1204, won=1, won_elsewhere=0.0042)
    assert evidence_sentence(one, catalog("en")) == "1 of 1,204 such leads was won, 0.4% otherwise"


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
        "Active on 1 day only; “marketing qualified” needs 2",
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

    assert action_sentence(decision, [], catalog(language), consent=consent) == text


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "en"),
        ("", "en"),
        ("it", "it"),
        ("it-IT,it;q=0.9,en;q=0.8", "it"),
        ("en-GB;q=0.5, it;q=0.6", "it"),
        ("de, fr;q=0.9", "en"),
        ("de, IT;q=0.1", "it"),
        ("it;q=0", "en"),
        ("it;q=nan", "en"),
        ("it;q=9", "en"),
        ("*", "en"),
        (";;;,,,q=", "en"),
        ("it\x00", "en"),
        ("x" * 100_000, "en"),
    ],
)
def test_the_caller_chooses_the_language(header, language):
    assert preferred(header, "en") == language


@given(st.text())
def test_no_header_breaks_the_choice(header):
    assert preferred(header, "it") in LANGUAGES


def messages():
    keywords = {"say": None, "say_n": (1, 2), "N_": None, "NN_": (1, 2)}
    found = extract_from_dir(Path(serving.__file__).parent, method_map=[("**.py", "python")], keywords=keywords)
    return {message for _, _, message, _, _ in found}


def italian():
    path = Path(serving.__file__).parent / "locale" / "it" / "LC_MESSAGES" / "ripeness.po"
    catalogue = read_po(io.BytesIO(path.read_bytes()), locale="it")
    return {message.id: message for message in catalogue if message.id}


def test_italian_is_complete_and_holds_nothing_that_nobody_says():
    translated = {id for id, message in italian().items() if not message.fuzzy and all(forms(message.string))}

    assert translated == messages()


def forms(text):
    return [text] if isinstance(text, str) else list(text)


@pytest.mark.parametrize("message", italian().values(), ids=lambda m: forms(m.id)[0][:40])
def test_a_translation_has_the_places_of_its_original(message):
    def places(texts):
        return {place for text in texts for place in re.findall(r"\{(\w+)\}", text)}

    assert places(forms(message.string)) == places(forms(message.id))
    assert len(forms(message.string)) == len(forms(message.id))


def test_every_ground_and_every_stage_has_words():
    said_apart = {Because.ASKED, Because.ACTIVE, Because.NOT_ACTIVE_ENOUGH}

    assert set(SENTENCES) == set(Because) - said_apart
    assert set(CONTENT) < set(STAGES)
