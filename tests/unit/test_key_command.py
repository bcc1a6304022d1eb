"""`ripeness key`: make, list and take back; the file is followed by a service that runs."""

import re

import pytest
from structlog.testing import capture_logs
from typer.testing import CliRunner

from ripeness import app
from serving.keys import KeyFile, KeyRing, NoSuchKey, Unauthorized
from serving.run import KEYS, open_keys

RUNNER = CliRunner()


def ripeness(home, *words):
    return RUNNER.invoke(app, [*words, "--home", str(home)])


def made(home, *words):
    """The id and token that `key add` prints."""
    return re.fullmatch(r"key (\w+), shown this once: (\S+)\n", ripeness(home, "key", "add", *words).output).groups()


def test_keys_are_made_listed_and_taken_back(tmp_path):
    first, token = made(tmp_path, "--scope", "crm", "--name", "Odoo")
    second, _ = made(tmp_path, "--scope", "rep", "--scope", "admin", "--scope", "rep")
    listed = ripeness(tmp_path, "key", "list").output
    ripeness(tmp_path, "key", "remove", second)

    assert [line.split() for line in listed.splitlines()] == [[first, "crm", "Odoo"], [second, "rep,admin"]]
    assert token not in listed
    (left,) = KeyRing.read(tmp_path / KEYS).keys
    assert (left.key_id, left.scopes) == (first, ("crm",))
    assert KeyRing.read(tmp_path / KEYS).check(f"Bearer {token}", "crm") == left


def test_without_keys_the_list_says_how_to_make_one(tmp_path):
    assert "ripeness key add --scope crm" in ripeness(tmp_path, "key", "list").output


def test_a_service_whose_last_key_was_taken_back_says_so_when_it_starts(tmp_path):
    key_id, _ = made(tmp_path, "--scope", "crm")
    ripeness(tmp_path, "key", "remove", key_id)
    said = []
    open_keys(tmp_path / KEYS, said.append)

    assert len(said) == 1
    assert "ripeness key add --scope crm" in said[0]


def test_a_key_that_is_not_there_is_not_taken_back(tmp_path):
    made(tmp_path, "--scope", "crm")
    refused = ripeness(tmp_path, "key", "remove", "nobody")

    assert isinstance(refused.exception, NoSuchKey)
    assert "key list" in str(refused.exception)


def test_a_scope_that_is_none_is_refused(tmp_path):
    assert ripeness(tmp_path, "key", "add", "--scope", "root").exit_code == 2
    assert not (tmp_path / KEYS).exists()


def test_a_file_of_keys_is_followed_and_a_spoilt_one_changes_nothing(tmp_path):
    path = tmp_path / KEYS
    _, token = KeyRing.open(path)
    followed = KeyFile(path)
    ring, more = KeyRing.read(path).issue(["crm"])
    ring.save(path)
    with pytest.raises(Unauthorized):
        followed.check(f"Bearer {more}", "crm")

    followed.refresh()

    assert followed.check(f"Bearer {more}", "crm").scopes == ("crm",)
    path.write_text("{")
    with capture_logs() as lines:
        followed.refresh()
        followed.refresh()
    assert [line["event"] for line in lines] == ["keys_not_read"]
    assert followed.check(f"Bearer {token}", "admin")
