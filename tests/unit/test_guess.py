"""What `ripeness init` makes of an export, and the file that it writes."""

import re
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from features.column_names import EVENT_NAMES, LEAD_NAMES, fitness, name_words
from features.errors import RipenessError, UnreadableFile
from features.findings import Question
from features.guess import Guess, guess
from features.guess_kinds import fast_tracks, guess_kind, guess_kinds
from features.settings import Cohort, Company, Kind, LeadsFile, Section, Settings, parse_settings
from features.sources import read_export
from features.stages import Stage
from features.write_settings import settings_text
from support.folders import write


def days(count: int, start: int = 1) -> list[str]:
    return [f"2025-{1 + (start + i) // 28:02d}-{1 + (start + i) % 28:02d}" for i in range(count)]


def rows(header: str, lines, delimiter: str = ",") -> str:
    return header + "\n" + "".join(delimiter.join(map(str, line)) + "\n" for line in lines)


def mapped(spec: Section) -> dict[str, object]:
    return spec.model_dump(exclude_defaults=True, exclude={"file"})


def test_the_plainest_export_needs_no_decision(tmp_path):
    created = days(40)
    leads = rows(
        "lead_id,created_at,closed_won_at,industry",
        [(f"l{i}", d, d if i % 4 == 0 else "", "x") for i, d in enumerate(created)],
    )
    happened = rows("lead_id,kind,happened_at,value", [(f"l{i}", "visit", d, 1) for i, d in enumerate(created)])
    found = guess(write(tmp_path, leads=leads, events=happened))
    assert found.settings.data.leads.created_at == "created_at"
    assert found.settings.data.leads.closed_won_at == "closed_won_at"
    assert found.settings.data.events.happened_at == "happened_at"
    assert found.settings.data.events.value == "value"
    assert found.questions == ()
    assert len(read_export(tmp_path, found.settings).events) == 40


ITALIAN = [
    (
        f"C{i:03d}",
        f"{1 + i % 28:02d}/0{1 + i % 9}/2025",
        "Chiusa vinta" if i % 3 == 0 else "Chiusa persa" if i % 3 == 1 else "In corso",
        f"{1 + i % 28:02d}/1{i % 2}/2025" if i % 3 < 2 else "",
        "Responsabile qualità",
        "Rossi",
    )
    for i in range(60)
]


def test_an_italian_crm_in_windows_encoding(tmp_path):
    header = "Codice Contatto;Data creazione;Fase trattativa;Data chiusura;Ruolo;Cognome"
    write(tmp_path, contatti=rows(header, ITALIAN, ";").encode("cp1252"))
    found = guess(tmp_path)
    assert mapped(found.settings.data.leads) == {
        "delimiter": ";",
        "encoding": "cp1252",
        "lead_id": "Codice Contatto",
        "created_at": "Data creazione",
        "result": "Fase trattativa",
        "closed_at": "Data chiusura",
        "won_values": ("Chiusa vinta",),
        "lost_values": ("Chiusa persa",),
        "ignore": ("Cognome",),
    }
    assert found.settings.company.language == "it"
    export = read_export(tmp_path, found.settings)
    assert export.outcomes["kind"].value_counts().to_dict() == {"closed_won": 20, "closed_lost": 20}
    assert export.attributes == ("Ruolo",)


def test_a_marketing_tool_with_times_of_day_in_no_zone(tmp_path):
    lines = [
        (i, f"a{i}@x.com", f"2025-0{1 + i % 9}-11 14:0{i % 10}", "2025-12-01 10:00" if i % 5 == 0 else "")
        for i in range(50)
    ]
    write(tmp_path, hubspot=rows("Record ID,Email,Create Date,Became a Customer Date", lines))
    found = guess(tmp_path)
    assert found.settings.data.leads.lead_id == "Record ID"
    assert found.settings.data.leads.created_at == "Create Date"
    assert found.settings.data.leads.closed_won_at == "Became a Customer Date"
    assert [q.key for q in found.questions] == ["company.time_zone"]


def test_dates_that_nothing_decides_are_asked_about_and_still_readable(tmp_path):
    lines = [(i, f"0{1 + i % 9}/0{1 + i % 8}/2025", "1" if i % 2 else "0") for i in range(30)]
    write(tmp_path, leads=rows("id,created_at,converted", [(i, c, r) for i, c, r in lines]))
    found = guess(tmp_path)
    assert found.settings.data.leads.order == "created_at"
    with_win = rows("id,created_at,closed_won_at", [(i, c, c if i % 2 else "") for i, c, _ in lines])
    found = guess(write(tmp_path, leads=with_win))
    assert "data.day_first" in [q.key for q in found.questions]
    assert found.settings.data.day_first is True
    assert len(read_export(tmp_path, found.settings).leads) == 30


def test_results_told_by_events_are_found(tmp_path):
    created = days(30)
    write(
        tmp_path,
        people=rows("user_id,signup_date,converted", [(i, d, i % 2) for i, d in enumerate(created)]),
        log=rows("user_id,event,timestamp", [(i, "Deal Won" if i % 2 else "login", d) for i, d in enumerate(created)]),
    )
    found = guess(tmp_path)
    assert found.settings.kinds["Deal Won"].maps_to == "closed_won"
    assert found.settings.data.leads.ignore == ("converted",)
    assert "data.leads.result" not in [q.key for q in found.questions]
    assert read_export(tmp_path, found.settings).outcomes["kind"].tolist() == ["closed_won"] * 15


def test_what_can_not_be_found_is_asked(tmp_path):
    found = guess(write(tmp_path, things=rows("colour,size", [("red", 1), ("red", 2)])))
    assert {q.key for q in found.questions} >= {"data.leads.result"}
    assert found.settings.data.leads.lead_id is None


def test_a_second_table_of_events_is_asked_about(tmp_path):
    created = days(30)
    write(
        tmp_path,
        leads=rows("lead_id,created_at,won_at", [(i, d, d) for i, d in enumerate(created)]),
        mails=rows("lead_id,kind,happened_at", [(i, "opened", d) for i, d in enumerate(created)]),
        visits=rows("lead_id,kind,happened_at", [(i, "seen", d) for i, d in enumerate(created * 2) if i < 30] * 2),
    )
    found = guess(tmp_path)
    assert found.settings.data.events.file == "visits.csv"
    assert any("mails.csv" in q.text for q in found.questions)


def test_a_history_of_fields_is_found(tmp_path):
    created = days(30)
    changes = [(i, "industry", "a", "b", d) for i, d in enumerate(created)]
    write(
        tmp_path,
        leads=rows("lead_id,created_at,won_at,industry", [(i, d, d, "b") for i, d in enumerate(created)]),
        history=rows("lead_id,field,old_value,new_value,changed_at", changes),
    )
    spec = guess(tmp_path).settings.data.attribute_changes
    assert mapped(spec) == {"value": "new_value", "old_value": "old_value", "known_at": "changed_at"}


def test_a_lead_id_that_comes_twice_is_asked_about(tmp_path):
    write(tmp_path, leads=rows("lead_id,created_at,won_at", [(i // 2, d, d) for i, d in enumerate(days(20))]))
    assert "data.leads.lead_id" in [q.key for q in guess(tmp_path).questions]


def test_files_that_can_not_be_read_are_noted_and_a_folder_of_them_is_an_error(tmp_path):
    write(tmp_path, broken=b"PK\x03\x04")
    with pytest.raises(UnreadableFile, match=r"no table that can be read.*broken.csv is an Excel"):
        guess(tmp_path)
    write(tmp_path, leads=rows("lead_id,created_at,won_at", [(i, d, d) for i, d in enumerate(days(20))]))
    assert any("broken.csv is an Excel" in note for note in guess(tmp_path).notes)
    with pytest.raises(UnreadableFile, match="is not there"):
        guess(tmp_path / "nowhere")


def test_scores_written_into_the_folder_are_not_learned_from(tmp_path):
    created = days(20)
    write(
        tmp_path,
        leads=rows("lead_id,created_at,won_at", [(i, d, d) for i, d in enumerate(created)]),
        scores=rows("lead_id,probability,score", [(i, 0.5, 50) for i in range(20)]),
    )
    found = guess(tmp_path)
    assert found.settings.data.leads.joins == ()
    assert any("scores.csv holds scores that Ripeness wrote" in note for note in found.notes)


@pytest.mark.parametrize(
    ("took", "horizon", "mode"),
    [(1, 30, "ages"), (50, 60, "snapshots"), (80, 90, "snapshots"), (150, 180, "snapshots")],
)
def test_the_horizon_follows_the_time_that_wins_take(tmp_path, took, horizon, mode):
    def day(number):
        return f"{2020 + number // 336}-{1 + number % 336 // 28:02d}-{1 + number % 28:02d}"

    lines = [(i, day(i * 4), day(i * 4 + took)) for i in range(300)]
    found = guess(write(tmp_path, leads=rows("lead_id,created_at,closed_won_at", lines)))
    assert found.settings.outcome.horizon_days == horizon
    assert found.settings.cohort.mode == mode


@pytest.mark.parametrize(
    ("name", "words"),
    [("createdAt", ("created", "at")), ("Data_Creazione", ("data", "creazione")), ("Prospect ID", ("prospect", "id"))],
)
def test_names_fall_into_words(name, words):
    assert name_words(name) == words


def test_the_very_phrase_fits_better_than_a_name_that_holds_it():
    phrases = LEAD_NAMES["created_at"]
    assert fitness(phrases, "Created At") > fitness(phrases, "Contact created at (UTC)") > 0
    assert fitness(phrases, "updated") == 0
    assert fitness(EVENT_NAMES["happened_at"], "occurred_on") > 2


@pytest.mark.parametrize(
    ("name", "actor", "stage"),
    [
        ("newsletter_signup", "lead", Stage.SUBSCRIBER),
        ("Email Opened", "lead", Stage.SUBSCRIBER),
        ("whitepaper_download", "lead", Stage.LEAD),
        ("webinar_registered", "lead", Stage.LEAD),
        ("webinar_attended", "lead", Stage.MARKETING_QUALIFIED),
        ("email_click", "lead", Stage.LEAD),
        ("careers_page_view", "lead", Stage.SUBSCRIBER),
        ("pricing_page_view", "lead", Stage.MARKETING_QUALIFIED),
        ("Case study viewed", "lead", Stage.MARKETING_QUALIFIED),
        ("demo_request", "lead", Stage.SALES_QUALIFIED),
        ("Richiesta preventivo", "lead", Stage.SALES_QUALIFIED),
        ("email_sent", "seller", Stage.SUBSCRIBER),
        ("call_logged", "seller", Stage.LEAD),
        ("Had a Phone Conversation", "seller", Stage.LEAD),
        ("Email Bounced", "system", Stage.SUBSCRIBER),
        ("lead_assigned", "system", Stage.LEAD),
    ],
)
def test_what_kinds_of_events_mean(name, actor, stage):
    assert guess_kind(name) == Kind(actor=actor, stage=stage)


def test_seller_and_system_events_are_no_features_and_requests_are_fast():
    kinds = guess_kinds(["demo_request", "email_sent", "Quote requested", "quote_sent", "demo_page_view", "closed_won"])
    assert [name for name, kind in kinds.items() if kind.is_feature] == [
        "demo_request",
        "Quote requested",
        "demo_page_view",
    ]
    assert fast_tracks(kinds) == ("demo_request", "Quote requested")


def test_each_key_is_in_the_file_with_its_meaning():
    text = settings_text(Guess(settings=Settings(), notes=(), questions=()))

    def keys_of(section):
        for key, info in section.model_fields.items():
            inner = next(
                (
                    t
                    for t in (info.annotation, *getattr(info.annotation, "__args__", ()))
                    if isinstance(t, type) and issubclass(t, Section)
                ),
                None,
            )
            yield from keys_of(inner) if inner else [key]

    keys = [key for key in keys_of(Settings) if key not in {"kinds", "joins"}] + list(Kind.model_fields)
    assert len(keys) > 90
    for key in keys:
        assert re.search(rf"^(# )?{key} = ?.*  # \S+", text, re.MULTILINE), key


def test_questions_stand_beside_their_key_or_at_the_top():
    asked = (Question(key="outcome.horizon_days", text="how\nlong?"), Question(key="elsewhere", text="what?"))
    lines = settings_text(Guess(settings=Settings(), notes=("found\n[it]",), questions=asked)).splitlines()
    at = lines.index("# PLEASE DECIDE: how long?")
    assert "horizon_days" in lines[at + 1]
    assert lines.index("# PLEASE DECIDE: what?") < lines.index("[company]")
    assert "# - found [it]" in lines


NASTY = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)


def could_be_a_file(name: str) -> bool:
    return name != "" and "\0" not in name


SETTINGS = st.builds(
    Settings,
    company=st.builds(Company, name=NASTY),
    data=st.builds(
        dict,
        leads=st.builds(
            LeadsFile,
            lead_id=st.one_of(st.none(), NASTY.filter(bool)),
            created_at=st.one_of(st.none(), NASTY),
            won_values=st.lists(NASTY, max_size=3).map(tuple),
            joins=st.lists(st.builds(dict, file=NASTY.filter(could_be_a_file), on=NASTY), max_size=2),
        ),
        events=st.one_of(st.none(), st.builds(dict, kind=NASTY)),
        day_first=st.sampled_from([None, True, False]),
        data_end=st.one_of(
            st.none(), st.datetimes(datetime.fromisoformat("1990-01-01"), datetime.fromisoformat("2199-12-31"))
        ),
    ),
    kinds=st.dictionaries(NASTY, st.builds(Kind, label=st.one_of(st.none(), NASTY)), max_size=3),
    cohort=st.builds(Cohort, every_days=st.floats(1e-3, 1e4)),
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(chosen=SETTINGS, note=NASTY)
def test_the_file_reads_back_to_the_same_settings(chosen, note):
    text = settings_text(Guess(settings=chosen, notes=(note,), questions=(Question(key=note, text=note),)))
    assert parse_settings(text) == chosen


COLUMN = st.sampled_from(
    ["id", "lead_id", "created_at", "won_at", "stage", "kind", "date", "value", "field", "Ω", "", "label"]
)
CELL = st.sampled_from(
    ["", "1", "0", "won", "2025-01-02", "03/04/2025", "1970-01-01", "Select", "NA", "x", "-5", "9" * 30]
)
TABLE = st.lists(COLUMN, min_size=2, max_size=5).flatmap(
    lambda names: st.lists(st.tuples(*[CELL] * len(names)), max_size=12).map(lambda lines: rows(",".join(names), lines))
)


@settings(deadline=None, max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(first=TABLE, second=TABLE)
def test_any_two_tables_give_a_file_that_can_be_read(tmp_path, first, second):
    found = guess(write(tmp_path, one=first, two=second))
    assert parse_settings(settings_text(found)) == found.settings
    try:
        read_export(tmp_path, found.settings)
    except RipenessError:
        assert found.questions
