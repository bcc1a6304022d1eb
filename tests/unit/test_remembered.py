"""What is shown again, when it is counted anew, and what happens if that fails."""

import threading

import pytest
from fastapi import FastAPI, Request

from serving.web.remembered import MOST, remembered

FRESH, KEEP = 60, 900


class Counter:
    """Counts how often it was asked; each count may be made to wait or to fail."""

    def __init__(self):
        self.asked, self.go, self.fails = 0, threading.Event(), False
        self.go.set()

    def __call__(self):
        self.asked += 1
        assert self.go.wait(5)
        if self.fails:
            raise RuntimeError
        return self.asked


@pytest.fixture
def shown():
    app, count = FastAPI(), Counter()

    def ask(now, key="a"):
        request = Request({"type": "http", "app": app})
        found = remembered(request, "n", key, now=now, fresh=FRESH, keep=KEEP, count=count)
        return found.at, found.found

    ask.count = count
    return ask


def wait_for_counts():
    for thread in threading.enumerate():
        if thread.name.startswith("count-"):
            thread.join(5)


def test_what_is_fresh_is_counted_once(shown):
    assert [shown(1_000), shown(1_059), shown(1_000, "b"), shown(1_059)] == [
        (1_000, 1),
        (1_000, 1),
        (1_000, 2),
        (1_000, 1),
    ]


def test_what_is_no_longer_fresh_is_shown_and_counted_anew_beside_by_one(shown):
    shown(1_000)
    shown.count.go.clear()
    assert [shown(1_060), shown(1_070)] == [(1_000, 1)] * 2
    shown.count.go.set()
    wait_for_counts()

    assert shown.count.asked == 2
    assert shown(1_100) == (1_060, 2)


def test_what_is_too_old_or_of_later_is_not_shown(shown):
    shown(1_000)

    assert shown(1_900) == (1_900, 2)
    assert shown(1_899) == (1_899, 3), "the clock was put back"


def test_a_count_that_fails_leaves_what_there_was_and_is_tried_again(shown):
    shown(1_000)
    shown.count.fails = True
    assert shown(1_100) == (1_000, 1)
    wait_for_counts()
    shown.count.fails = False
    assert shown(1_100) == (1_000, 1)
    wait_for_counts()

    assert shown(1_101) == (1_100, 3)


def test_a_first_count_that_fails_is_told_and_blocks_nobody(shown):
    shown.count.fails = True
    with pytest.raises(RuntimeError):
        shown(1_000)
    shown.count.fails = False

    assert shown(1_001) == (1_001, 2)


def test_only_the_last_keys_are_kept(shown):
    for i in range(MOST + 2):
        shown(1_000, i)
    asked = shown.count.asked
    shown(1_000, MOST + 1)
    assert shown.count.asked == asked
    shown(1_000, 0)
    assert shown.count.asked == asked + 1
