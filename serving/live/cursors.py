"""Cursors: where a list goes on, as a word that callers send back and need not understand.

A cursor belongs to one question: it carries a check sum over the question and the place. It hides nothing and
opens nothing, for a key that may ask may read the whole list; the check sum is there so that a cursor that was
cut, changed or sent with other filters is refused in place of giving a wrong page.
"""

import base64
import binascii
import hashlib
from collections.abc import Sequence

import orjson

from features.errors import BadInput

LONGEST = 4_000  #: characters
CHECK_BYTES = 9

Place = Sequence[str | int | float]


class BadCursor(BadInput):
    """The cursor is none that this list gave for this question."""

    http_status = 400
    title = "The cursor can't be used"


def pack(question: object, place: Place) -> str:
    """The cursor of a place in the answer to a question, which is plain data."""
    body = orjson.dumps(list(place))
    return base64.urlsafe_b64encode(_check(question, body) + body).decode().rstrip("=")


def unpack(question: object, cursor: str, shape: Sequence[type]) -> list[str | int | float]:
    """The place that a cursor names, its parts of these types.

    Raises:
        BadCursor: it is not one that `pack` gave for this question.
    """
    place = _read(question, cursor)
    if place is None or len(place) != len(shape) or not all(map(_fits, place, shape)):
        raise BadCursor("the cursor is not one of this list; send `next` of the last answer with the same filters")
    return place


def _read(question: object, cursor: str) -> list[str | int | float] | None:
    try:
        packed = base64.b64decode(cursor[:LONGEST] + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    check, body = packed[:CHECK_BYTES], packed[CHECK_BYTES:]
    if check != _check(question, body) or pack(question, orjson.loads(body)) != cursor:
        return None
    place: list[str | int | float] = orjson.loads(body)
    return place


def _check(question: object, body: bytes) -> bytes:
    return hashlib.sha256(orjson.dumps(question, option=orjson.OPT_SORT_KEYS) + b"\n" + body).digest()[:CHECK_BYTES]


def _fits(part: object, wanted: type) -> bool:
    """Of that type, and nothing that a database could choke on."""
    if type(part) is int and wanted is float:
        return True
    in_range = type(part) is not int or -(2**63) <= part < 2**63
    return type(part) is wanted and in_range and "\0" not in str(part)
