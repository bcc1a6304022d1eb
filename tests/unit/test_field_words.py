"""Sentences about fields: the lead's own value, whatever it is."""

from math import nan

import pytest

from features.definitions import Attribute
from features.lead import Lead
from features.view import View
from serving.language import catalog
from serving.wording import About, sentence

VIEW = View(
    definitions=(Attribute(field="industry"),),
    categories={
        "industry": ("Software", "Retail"),
        "job_title_seniority": ("director", "manager", "staff"),
        "revenue_revenue_band": ("<1M", "1M-10M"),
        "email_domain_type": ("free",),
        "newsletter": ("Yes", "No"),
    },
)


def said(definition, value, language="en", **attributes):
    lead = Lead(lead_id="a", attributes=attributes)
    return sentence(definition, value, About(view=VIEW, lead=lead, language=catalog(language)))


ATTRIBUTES = [
    (Attribute(field="industry"), 0, {"industry": "Software"}, "Industry: Software"),
    (Attribute(field="industry"), nan, {}, "Industry not known"),
    (Attribute(field="industry"), nan, {"industry": " "}, "Industry not known"),
    (
        Attribute(field="job_title", part="seniority"),
        2,
        {"job_title": "Jedi"},
        "Seniority: not clear from “Jedi”",
    ),
    (Attribute(field="job_title", part="seniority"), 2, {"job_title": "Nurse"}, "Seniority: employee (“Nurse”)"),
    (
        Attribute(field="job_title", part="seniority"),
        2,
        {"job_title": "Contabile"},
        "Seniority: employee (“Contabile”)",
    ),
    (
        Attribute(field="revenue", part="revenue_band"),
        nan,
        {"revenue": "739469000"},
        "Revenue band: 500M-1B, too rare to judge by",
    ),
    (
        Attribute(field="revenue", part="revenue_band"),
        nan,
        {"revenue": "plenty"},
        "Revenue band: “plenty” is not one that the model knows",
    ),
    (Attribute(field="email", part="domain_type"), 0, {"email": "a@gmail.com"}, "E-mail address: free mail provider"),
    (Attribute(field="newsletter"), 0, {"newsletter": "Yes"}, "Newsletter: yes"),
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


def test_italian_has_its_own_words_and_numbers():
    employees = Attribute(field="employees", encoding="number")
    band = Attribute(field="revenue", part="revenue_band")

    assert said(employees, 12.5, "it") == "Dipendenti: 12,5"
    assert said(Attribute(field="newsletter"), 0, "it", newsletter="Yes") == "Newsletter: sì"
    assert said(band, nan, "it", revenue=2e9) == "Fascia di fatturato: 1B+, troppo raro per trarne conclusioni"
    assert said(band, nan, "it", revenue="boh") == "Fascia di fatturato: «boh», valore sconosciuto al modello"
