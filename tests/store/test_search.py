"""A search finds what a slow reading of names, companies, roles and ids finds, on both databases."""

import random
import re
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import insert, text

import serving.migrations
from serving.live.ranked import Filters, ranked
from serving.store.engine import IMMEDIATE, Limits, database_url, migrate, open_engine
from serving.store.schema import standings
from serving.store.searched import LONGEST, folded, searched
from serving.web.queue_rows import QueuePage, Wanted, queue_page
from support.postgres import server
from support.stores import DATABASES, START, act

PLAIN = {"ledger_id": 1, "as_of": START, "score": 50, "fit": "B", "engagement": "2", "stage": "lead", "band": "hot"}
LETTERS = "aAbéÉöÖšŠЯяΣ\N{GREEK SMALL LETTER SIGMA}ςñ%_\\/'\x1f\x1e  "  #: any case is one letter
FIELDS = ("name", "company", "role")


def some(chance, most):
    return "".join(chance.choice(LETTERS) for _ in range(chance.randrange(1, most)))


def standing(lead_id, probability=0.5, **who):
    who = dict.fromkeys(FIELDS) | who
    return PLAIN | who | {"lead_id": lead_id, "probability": probability, "searched": searched(lead_id, **who)}


def made_up(seed, count):
    """Standings whose names are hard to find."""
    chance = random.Random(seed)  # noqa: S311  # reproducible, not secret
    for i in range(count):
        who = {field: some(chance, 9) if chance.random() < 0.8 else None for field in FIELDS}
        yield standing(f"{chance.choice(LETTERS[:-4])}{i}", chance.choice((0.1, 0.5, 0.9)), **who)


def put(store, rows):
    store.write(lambda write: write.connection.execute(insert(standings), rows) and None, act())


def is_in(part, *fields):
    """Slowly, and by another rule of cases than ours; separators of ours are blanks for a search."""
    part, *fields = (re.sub("[\x1e\x1f]", " ", one or "") for one in (part, *fields))
    return any(re.search(re.escape(part), field, re.IGNORECASE) for field in fields)


def page_by_page(store, words, limit):
    """Ids on all pages, and how many leads each page says that there are."""
    found, counted, after = [], set(), None
    while True:
        with store.reading() as connection:
            page: QueuePage = queue_page(connection, Wanted(view="all", text=words, after=after), START, limit=limit)
        found += [row.lead_id for row in page.rows]
        counted.add(page.found)
        after = page.after
        if after is None:
            return found, counted


def test_queue_and_ranked_list_find_what_a_slow_reading_finds(store):
    rows, chance = list(made_up(1, 120)), random.Random(2)  # noqa: S311  # reproducible, not secret
    put(store, rows)
    seen = set()
    for _ in range(80):
        part = some(chance, 4)
        expected = [
            row["lead_id"]
            for row in sorted(rows, key=lambda row: (-row["probability"], row["lead_id"]))
            if all(is_in(word, *(row[field] for field in (*FIELDS, "lead_id"))) for word in part.split())
        ]
        assert page_by_page(store, part, limit=25) == (expected, {len(expected)}), part
        named = {row["lead_id"] for row in rows if is_in(part, row["name"], row["company"])}
        for more in ({}, {"stage": "lead"}):
            with store.reading() as connection:
                page = ranked(connection, Filters(q=part, **more), None, 200)
            assert {lead.lead_id for lead in page.leads} == named, (part, more)
        seen |= {bool(expected), len(expected) > 25, len(named) < len(expected)}
    assert seen == {True, False}


@pytest.mark.parametrize(
    ("stored", "asked"),
    [("Straße", "STRASSE"), ("STRASSE", "straße"), ("IL", "\N{LATIN SMALL LETTER DOTLESS I}l"), ("ǅemo ﬁ", "ǆemo FI")],
)
def test_letters_with_another_small_form_are_found_by_either(store, stored, asked):
    put(store, [standing("x", name=stored), standing("y", name="Str. kr. zemo f")])

    assert page_by_page(store, asked, limit=5) == (["x"], {1})


def test_every_case_of_a_letter_is_folded_alike():
    for letter in map(chr, range(1, 0x3000)):
        if letter not in "\x1e\x1f":
            forms = (letter, letter.lower(), letter.upper(), letter.title(), folded(letter))
            assert len({folded(form) for form in forms}) == 1, hex(ord(letter))


def test_the_longest_names_go_into_the_index_and_are_found_by_their_beginnings(store):
    chance = random.Random(3)  # noqa: S311  # reproducible, not secret
    long = ["".join(chr(chance.randrange(0x20000, 0x2A000)) for _ in range(200)) for _ in range(4)]
    put(store, [standing(long[0], name=long[1], company=long[2], role=long[3])])
    fit = LONGEST // 4

    for part in (*long, *(one[:fit] for one in long)):
        expected = [long[0]] if len(part) == fit else []
        assert page_by_page(store, part, limit=5)[0] == expected


@pytest.mark.parametrize("kind", DATABASES)
def test_standings_of_an_earlier_release_are_searched_like_new_ones(kind, tmp_path):
    url = server().new_database("template0") if kind == "postgresql" else None
    engine = open_engine(database_url(tmp_path, url), Limits())
    rows = [*made_up(4, 1_003), standing("z" * 200, name="È" * 200, company="ﬁ" * 200)]
    config = Config()
    config.set_main_option("script_location", str(Path(serving.migrations.__file__).parent))
    with engine.connect().execution_options(**{IMMEDIATE: True}) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "0006")
        old = [{name: value for name, value in row.items() if name != "searched"} for row in rows]
        connection.execute(insert(standings), old)
    migrate(engine)
    with engine.begin() as connection:
        filled = dict(connection.execute(text("SELECT lead_id, searched FROM standings")).all())
    engine.dispose()

    assert filled == {row["lead_id"]: row["searched"] for row in rows}
