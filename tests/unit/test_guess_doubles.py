"""A few rows at fault don't make `init` give up what the other rows say plainly."""

from features.guess import guess
from features.sources import read_export
from support.folders import write

LEADS = "lead_id,created_at,closed_won_at\n" + "".join(
    f"l{i},2026-01-{1 + i % 28:02d},{'2026-03-01' if i % 5 == 0 else ''}\n" for i in range(100)
)


def events(count: int = 300, kind: str = "visit") -> str:
    return "lead_id,kind,happened_at\n" + "".join(
        f"l{i % 100},{kind if i % 2 else 'call'},2026-02-{1 + i % 28:02d}\n" for i in range(count)
    )


def test_one_lead_exported_twice_keeps_its_id_and_all_events(tmp_path):
    found = guess(write(tmp_path, leads=LEADS + "l1,2026-01-02,\n", events=events()))
    assert found.settings.data.leads.lead_id == "lead_id"
    assert found.settings.data.events is not None
    (asked,) = [q for q in found.questions if q.key == "data.leads.lead_id"]
    assert "1 rows have one that was there before" in asked.text
    export = read_export(tmp_path, found.settings)
    assert (len(export.leads), len(export.events)) == (100, 300)
    assert sum(refusal.count for refusal in export.refusals) == 1


def test_an_id_with_a_tenth_of_doubles_is_no_id(tmp_path):
    doubles = "".join(f"l{i},2026-01-02,\n" for i in range(10))
    found = guess(write(tmp_path, leads=LEADS + doubles))
    assert found.settings.data.leads.lead_id is None
    assert any("It has values more than once" in question.text for question in found.questions)


def test_an_address_is_not_preferred_to_an_id_with_a_double(tmp_path):
    leads = LEADS.replace("lead_id,", "email,lead_id,").replace("\nl", "\nl{}@x.it,l")
    rows = leads.splitlines()
    text = "\n".join(row.format(i) for i, row in enumerate(rows)) + "\nz@x.it,l1,2026-01-02,\n"
    assert guess(write(tmp_path, leads=text)).settings.data.leads.lead_id == "lead_id"


def test_events_that_mostly_lack_their_kind_are_left_out_for_that_reason(tmp_path):
    found = guess(write(tmp_path, leads=LEADS, events=events(kind="")))
    assert "events.csv isn't used: kind would say what happened, but is missing in 50% of its rows" in found.notes


def test_events_without_a_time_are_left_out_for_that_reason(tmp_path):
    table = events().replace("2026-", "week ")
    found = guess(write(tmp_path, leads=LEADS, events=table))
    assert any("happened_at would say when something happened" in note for note in found.notes)
