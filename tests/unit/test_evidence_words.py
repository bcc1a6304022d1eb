"""The sentence about leads like this one: it counts and compares, names the range, and never hides a nought."""

from math import inf

import pytest

from features.definitions import ANY, Age, Attribute, Count, Decayed, Recency
from models.evidence import Counted
from serving.evidence_words import evidence_sentence
from serving.language import catalog

OPENS, LAST = Count(kind="email_open", days=30), Recency(kind=ANY)
HEADS = Attribute(field="employees", encoding="number")


def said(definition, language="en", *, here=0.06, elsewhere=0.025, won=12, leads=51, above=None, upto=None):
    counted = Counted(leads=leads, won=won, won_here=here, won_elsewhere=elsewhere, above=above, upto=upto)
    return evidence_sentence(definition, counted, catalog(language))


def counts(language="en", *, won=38, leads=335, others=900, others_won=72, above=None, upto=None, definition=OPENS):
    shares = {"won_here": won / leads, "won_elsewhere": others_won / others}
    counted = Counted(leads=leads, won=won, others=others, others_won=others_won, above=above, upto=upto, **shares)
    return evidence_sentence(definition, counted, catalog(language))


def test_it_counts_leads_and_gives_both_shares():
    assert counts() == "38 of 335 such leads were won (11%), 8% otherwise"
    assert counts("it") == "38 lead simili su 335 sono diventati clienti (11%), 8% negli altri casi"
    assert counts(above=4) == "38 of 335 such leads (5 or more) were won (11%), 8% otherwise"
    assert counts("it", above=4) == "38 lead simili su 335 (5 o più) sono diventati clienti (11%), 8% negli altri casi"
    assert counts(won=1, leads=100) == "1 of 100 such leads was won (1%), 8% otherwise"
    assert counts("it", won=1, leads=100) == "1 lead simile su 100 è diventato cliente (1%), 8% negli altri casi"


def test_nobody_here_and_nobody_elsewhere_are_said_as_such():
    assert counts(won=0, leads=51) == "None of the 51 such leads was won, 8% otherwise"
    assert counts("it", won=0, leads=51) == "Nessun lead simile su 51 è diventato cliente, 8% negli altri casi"
    assert counts(others_won=0) == "38 of 335 such leads were won (11%), none otherwise"
    assert counts("it", others_won=0).endswith("(11%), nessuno negli altri casi")


def test_shares_that_differ_never_read_the_same():
    assert counts(won=114, leads=1000, others=1000, others_won=107).endswith("(11.4%), 10.7% otherwise")
    assert counts("it", won=114, leads=1000, others=1000, others_won=107).endswith("(11,4%), 10,7% negli altri casi")


def test_without_a_count_of_others_it_says_how_much_more_often_they_were_won():
    assert said(OPENS) == ("Leads like this in this respect were won 2.4 times as often as others (12 of 51)")
    assert said(OPENS, "it") == (
        "I lead simili per questo aspetto sono diventati clienti 2,4 volte più spesso degli altri (12 su 51)"
    )
    assert "won 20 times as often" in said(OPENS, here=0.5)


def test_it_says_how_much_less_often_they_were_won():
    assert said(OPENS, here=0.01, leads=1510) == (
        "Leads like this in this respect were won 60% less often than others (12 of 1,510)"
    )
    assert said(OPENS, "it", here=0.01, leads=1510) == (
        "I lead simili per questo aspetto sono diventati clienti meno spesso degli altri: −60% (12 su 1.510)"  # noqa: RUF001
    )


def test_none_and_all_have_words_of_their_own():
    assert said(OPENS, here=0.0, won=0) == "None of the 51 leads like this in this respect was won"
    assert said(OPENS, "it", here=0.0, won=0) == "Nessuno di 51 lead simili per questo aspetto è diventato cliente"
    alone = Counted(leads=51, won=12, won_here=0.1, won_elsewhere=0.0)
    assert alone.times == inf
    assert evidence_sentence(OPENS, alone, catalog("en")) == (
        "Of leads like this in this respect 12 of 51 were won, of others none"
    )


@pytest.mark.parametrize(
    ("definition", "above", "upto", "shared", "italian"),
    [
        (OPENS, 4, None, "5 or more", "5 o più"),
        (OPENS, 1, 4, "2 to 4", "da 2 a 4"),
        (LAST, 12.3, 37.8, "12 to 37 days ago", "da 12 a 37 giorni fa"),
        (LAST, 90.2, None, "at least 90 days ago", "almeno 90 giorni fa"),
        (LAST, None, 2.4, "less than 3 days ago", "meno di 3 giorni fa"),
        (LAST, 2.1, 2.9, "less than 3 days ago", "meno di 3 giorni fa"),
        (Age(), 12, 37, "12 to 37 days ago", "da 12 a 37 giorni fa"),
        (HEADS, 50, 1200, "51 to 1,200", "da 51 a 1.200"),
        (HEADS, 1.5, 2.5, "over 1.5, up to 2.5", "oltre 1,5, fino a 2,5"),
        (HEADS, 2e6, 3e6, "over 2,000,000, up to 3,000,000", "oltre 2.000.000, fino a 3.000.000"),
        (HEADS, 1200, None, "over 1,200", "oltre 1.200"),
        (HEADS, None, 50, "up to 50", "fino a 50"),
    ],
)
def test_it_names_what_the_leads_have_in_common(definition, above, upto, shared, italian):
    assert said(definition, above=above, upto=upto).startswith(f"Leads like this in this respect ({shared}) were won")
    assert said(definition, "it", above=above, upto=upto).startswith(
        f"I lead simili per questo aspetto ({italian}) sono"
    )


@pytest.mark.parametrize(
    ("definition", "above", "upto"),
    [(OPENS, 0, 1), (OPENS, None, 0), (OPENS, None, None), (Decayed(kind=ANY, half_life_days=14), 0.3, 1.2)],
)
def test_one_number_or_one_that_nobody_reads_is_no_range(definition, above, upto):
    assert said(definition, above=above, upto=upto).startswith("Leads like this in this respect were won")
