"""API keys: made once, kept hashed and private, and allowed what their scopes say."""

import hashlib
import os
import stat
from concurrent.futures import ThreadPoolExecutor

import pytest

from serving.keys import BadKeys, Forbidden, KeyRing, Unauthorized

posix_only = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "home" / "keys.json"


def test_the_first_start_makes_a_key_and_later_starts_know_it(path):
    _, token = KeyRing.open(path)
    again, none = KeyRing.open(path)

    assert none is None
    assert again.check(f"Bearer {token}", "admin").scopes == ("crm", "rep", "admin")


def test_the_token_is_not_in_the_file_but_its_hash_is(path):
    _, token = KeyRing.open(path)
    kept = path.read_text()

    assert token not in kept
    assert token.removeprefix("rip_") not in kept
    assert hashlib.sha256(token.encode()).hexdigest() in kept


@posix_only
def test_the_file_is_readable_by_its_owner_only(path):
    ring, _ = KeyRing.open(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    ring.issue(["crm"])[0].save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix_only
def test_a_file_open_to_others_is_refused_with_its_remedy(path):
    KeyRing.open(path)
    path.chmod(0o644)

    with pytest.raises(BadKeys, match="chmod 600"):
        KeyRing.open(path)


@pytest.mark.parametrize("text", ["", "{", '{"keys": [{"key_id": "a", "sha256": "short", "scopes": ["crm"]}]}'])
def test_a_file_that_is_no_key_ring_is_refused(path, text):
    path.parent.mkdir()
    path.touch(mode=0o600)
    path.write_text(text)

    with pytest.raises(BadKeys, match="remove it"):
        KeyRing.open(path)


def test_of_many_first_starts_at_once_one_makes_the_key(path):
    with ThreadPoolExecutor(8) as pool:
        opened = list(pool.map(lambda _: KeyRing.open(path), range(32)))
    tokens = [token for _, token in opened if token]

    assert len(tokens) == 1
    assert all(ring.check(f"Bearer {tokens[0]}", "crm") for ring, _ in opened)
    assert [p.name for p in path.parent.iterdir()] == ["keys.json"], "nothing is left beside it"


def test_a_second_key_does_not_take_the_first_away(path):
    ring, first = KeyRing.open(path)
    more, second = ring.issue(["rep"])
    more.save(path)

    kept, _ = KeyRing.open(path)
    assert kept.check(f"Bearer {first}", "admin") != kept.check(f"Bearer {second}", "rep")


@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Bearer wrong", "Basic {token}", "{token}", "Bearer {token}x", "Bearer é"]
)
def test_whoever_brings_no_known_token_is_asked_for_one(header):
    ring, token = KeyRing(keys=()).issue(["crm"])

    with pytest.raises(Unauthorized, match="Authorization: Bearer") as refused:
        ring.check(header.format(token=token) if header else header, "crm")
    assert token not in str(refused.value)


def test_a_key_may_do_what_its_scopes_say_and_admin_everything():
    ring, rep = KeyRing(keys=()).issue(["rep"])
    ring, admin = ring.issue(["admin"])

    assert ring.check(f"bearer {rep}", "rep").key_id == ring.keys[0].key_id
    with pytest.raises(Forbidden, match="'crm'"):
        ring.check(f"Bearer {rep}", "crm")
    assert ring.check(f"Bearer {admin}", "crm")


def test_tokens_are_long_and_never_the_same():
    ring = KeyRing(keys=())
    tokens = {ring.issue(["crm"])[1] for _ in range(100)}

    assert len(tokens) == 100
    assert min(map(len, tokens)) >= 40
