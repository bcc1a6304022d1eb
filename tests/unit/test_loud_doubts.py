"""What is probably a mistake is said with what it probably is."""

import pytest
import typer

import ripeness
from commands.terminal import remember, write_whole
from features.errors import BadSettings
from features.settings import FILE_NAME, Settings, load_settings
from features.sources import read_export
from support.folders import settings_of, write

DATED = {"created_at": "created_at", "closed_won_at": "won", "closed_lost_at": "lost"}


def leads(ids: str = "{:05d}", won: str = "", lost: str = "", count: int = 20) -> str:
    return "lead_id,created_at,won,lost\n" + "".join(
        f"{ids.format(i)},2026-01-02,{won},{lost}\n" for i in range(1, 1 + count)
    )


@pytest.mark.parametrize(
    ("ids", "other", "says"),
    [
        ("{:05d}", "{}", "00001 against 1? Export the ids of both files alike, as text"),
        ("{}", "{:05d}", "1 against 00001? Export"),
        ("L{}", "l{}", "L1 against l1? Export"),
        ("L{}", "X{}", "add the lead or leave the row"),
    ],
)
def test_ids_that_differ_by_zeros_or_capitals_are_shown_side_by_side(tmp_path, ids, other, says):
    events = "lead_id,kind,happened_at\n" + "".join(f"{other.format(i)},visit,2026-01-03\n" for i in range(1, 21))
    write(tmp_path, leads=leads(ids), events=events)
    (refusal,) = read_export(tmp_path, settings_of(events={})).refusals
    assert refusal.count == 20
    assert says in refusal.reason


def test_leads_both_won_and_lost_are_counted_and_the_columns_doubted(tmp_path):
    write(tmp_path, leads=leads(won="2026-02-02", lost="2026-01-20"))
    notes = read_export(tmp_path, settings_of(leads=DATED)).notes
    assert any("20 leads are both won and lost" in n and "name the right columns?" in n for n in notes)


def test_one_lead_that_was_opened_again_is_counted_without_doubt(tmp_path):
    write(tmp_path, leads=leads(won="2026-02-02") + "z,2026-01-02,2026-02-03,2026-01-20\n")
    (note,) = [n for n in read_export(tmp_path, settings_of(leads=DATED)).notes if "both won and lost" in n]
    assert note.startswith("1 leads are both")
    assert "right columns" not in note


def test_a_file_is_written_whole_or_refused_in_a_sentence(tmp_path):
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(BadSettings, match=r"ripeness.toml can't be written \(Is a directory\)"):
        write_whole(tmp_path / FILE_NAME, "x")
    with pytest.raises(BadSettings, match="can't be written"):
        write_whole(tmp_path / "nowhere" / FILE_NAME, "x")
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_settings_are_remembered_over_those_of_before(tmp_path):
    (tmp_path / FILE_NAME).write_text("old")
    remember(Settings(), tmp_path)
    assert load_settings(tmp_path / FILE_NAME) == Settings()
    assert [path.name for path in tmp_path.iterdir()] == [FILE_NAME]


def test_an_error_nobody_foresaw_is_one_sentence_unless_its_origin_is_asked_for(monkeypatch, capsys):
    failing = typer.Typer()

    @failing.command()
    def fail() -> None:
        raise ZeroDivisionError("Ann Lee, ann@example.com")

    monkeypatch.setattr("sys.argv", ["ripeness"])
    monkeypatch.delenv(ripeness.TRACEBACK, raising=False)
    with pytest.raises(SystemExit) as ended:
        ripeness.main(failing)
    said = capsys.readouterr().err
    assert ended.value.code == 70
    assert "ZeroDivisionError" in said
    assert "RIPENESS_TRACEBACK=1" in said
    assert "Ann" not in said
    assert said.count("\n") == 1
    monkeypatch.setenv(ripeness.TRACEBACK, "1")
    with pytest.raises(ZeroDivisionError):
        ripeness.main(failing)
