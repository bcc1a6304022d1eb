"""Bodies that are no good lead, each with the answer that it gets, and two that are good ones to spoil."""

import gzip
import json

GOOD = {"lead": {"lead_id": "a", "created_at": "2026-01-01T00:00:00Z"}, "as_of": "2026-02-01T00:00:00Z"}
EVENT = {"kind": "visit", "happened_at": "2026-01-05T00:00:00Z"}


def with_lead(**fields):
    return GOOD | {"lead": GOOD["lead"] | fields}


def with_event(**fields):
    return GOOD | {"events": [EVENT, EVENT | fields]}


#: name -> (body as bytes or data, status, where, a word of what is said)
NASTY = {
    "empty body": (b"", 400, None, "not JSON"),
    "half a body": (b'{"lead": {"lead_id"', 400, None, "not JSON"),
    "a list": ([], 422, "", "object"),
    "a text": ("lead", 422, "", "object"),
    "null": (None, 422, "", "object"),
    "an empty object": ({}, 422, "/lead", "missing"),
    "unknown field": (GOOD | {"leed": 1}, 422, "/leed", "not a known field"),
    "unknown field of an event": (with_event(colour="red"), 422, "/events/1/colour", "not a known field"),
    "lead_id is a number": (with_lead(lead_id=17), 422, "/lead/lead_id", "string"),
    "lead_id is empty": (with_lead(lead_id=""), 422, "/lead/lead_id", "at least 1"),
    "lead_id is endless": (with_lead(lead_id="x" * 201), 422, "/lead/lead_id", "at most 200"),
    "a list as attribute": (with_lead(attributes={"a/b": [1]}), 422, "/lead/attributes/a~1b", "join a list"),
    "an object as attribute": (with_lead(attributes={"a": {"b": 1}}), 422, "/lead/attributes/a", "should be a text"),
    "a number over 64 bits": (
        b'{"lead": {"lead_id": "a", "attributes": {"n": 18446744073709551615}}}',
        422,
        None,
        "64",
    ),
    "a thousand and one attributes": (
        with_lead(attributes={f"f{i}": 1 for i in range(1001)}),
        422,
        "/lead/attributes",
        "holds 1,001 attributes, over the 1,000",
    ),
    "an attribute without a name": (with_lead(attributes={"": 1}), 422, "/lead/attributes/", "has a bad name"),
    "an attribute named [key]": (with_lead(attributes={"[key]": [1]}), 422, "/lead/attributes/[key]", "join a list"),
    "half a million events": (GOOD | {"events": [{}] * 500_000}, 422, "/events", "500,000 events, over the 5,000"),
    "too much to name": ({f"field {i}": 1 for i in range(50_000)}, 422, "", "50,001 faults, too many"),
    "events as an object": (GOOD | {"events": {"0": EVENT}}, 422, "/events", "list"),
    "value as text": (with_event(value="5"), 422, "/events/1/value", "number"),
    "value as true": (with_event(value=True), 422, "/events/1/value", "number"),
    "time as a number": (with_event(happened_at=1740000000), 422, "/events/1/happened_at", "text"),
    "time as digits": (with_event(happened_at="1740000000"), 422, "/events/1/happened_at", "is no time"),
    "time without a zone": (
        with_event(happened_at="2026-01-05T00:00:00"),
        422,
        "/events/1/happened_at",
        "no time zone",
    ),
    "a date": (with_event(happened_at="2026-01-05"), 422, "/events/1/happened_at", "no time zone"),
    "the 30th of February": (
        with_event(happened_at="2026-02-30T00:00:00Z"),
        422,
        "/events/1/happened_at",
        "is no time",
    ),
    "a week and its day": (with_event(happened_at="2026-W44-7T00:00:00Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "a time without hyphens": (with_event(happened_at="20261101T000000Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "a comma in a time": (with_event(happened_at="2026-01-05T00:00:00,5Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "a time without seconds": (with_event(happened_at="2026-01-05T00:00Z"), 422, "/events/1/happened_at", "RFC 3339"),
    "an offset without minutes": (with_event(happened_at="2026-01-05T00:00:00+01"), 422, None, "RFC 3339"),
    "Arabic digits": (
        with_event(happened_at="\u0662\u066026-01-05T00:00:00Z"),
        422,
        "/events/1/happened_at",
        "RFC 3339",
    ),
    "1970": (with_event(happened_at="1970-01-01T00:00:00Z"), 422, "/events/1/happened_at", "1990"),
    "the year 9999": (with_event(happened_at="9999-12-31T23:59:59-23:59"), 422, "/events/1/happened_at", "2200"),
    "the year 1": (with_event(happened_at="0001-01-01T00:00:00+23:59"), 422, "/events/1/happened_at", "1990"),
    "as_of after tomorrow": (GOOD | {"as_of": "2026-03-03T00:00:00Z"}, 422, "/as_of", "after now"),
    "as_of before creation": (GOOD | {"as_of": "2025-12-31T00:00:00Z"}, 422, "/lead/created_at", "after as_of"),
    "a stage of one's own": (GOOD | {"facts": {"stage": "hot"}}, 422, "/facts/stage", "subscriber"),
    "consent as text": (GOOD | {"facts": {"consent": "yes"}}, 422, "/facts/consent", "boolean"),
    "ten thousand events": (GOOD | {"events": [EVENT] * 10_000}, 422, "/events", "10,000 events, over the 5,000"),
    "NaN": (b'{"lead": {"lead_id": "a", "attributes": {"n": NaN}}}', 400, None, "not JSON"),
    "Infinity": (b'{"lead": {"lead_id": "a", "attributes": {"n": -Infinity}}}', 400, None, "not JSON"),
    "1e999": (b'{"lead": {"lead_id": "a", "attributes": {"n": 1e999}}}', 400, None, "infinity"),
    "digits without end": (
        b'{"lead": {"lead_id": "a", "attributes": {"n": ' + b"9" * 5000 + b"}}}",
        400,
        None,
        "infinity",
    ),
    "a lone surrogate": (b'{"lead": {"lead_id": "\\ud800"}}', 400, None, "surrogate"),
    "a surrogate in bytes": (b'{"lead": {"lead_id": "\xed\xa0\x80"}}', 400, None, "UTF-8"),
    "Latin-1": ('{"lead": {"lead_id": "Citt\xe0"}}'.encode("latin-1"), 400, None, "UTF-8"),
    "UTF-16": ('{"lead": {"lead_id": "a"}}'.encode("utf-16"), 415, None, "send it in UTF-8"),
    "UTF-32": ('{"lead": {"lead_id": "a"}}'.encode("utf-32-be"), 415, None, "send it in UTF-8"),
    "compressed, and not said so": (gzip.compress(json.dumps(GOOD).encode()), 415, None, "uncompressed"),
    "a byte order mark": (b"\xef\xbb\xbf" + json.dumps(GOOD).encode(), 400, None, "not JSON"),
    "NUL in a value": (b'{"lead": {"lead_id": "a\\u0000b"}}', 422, "/lead/lead_id", "NUL"),
    "NUL in a key": (b'{"lead": {"lead_id": "a", "attributes": {"\\u0000": 1}}}', 422, "/lead/attributes", "NUL"),
    "a raw NUL": (b'{"lead": {"lead_id": "a\x00b"}}', 400, None, "not JSON"),
    "a key twice": (b'{"lead": {"lead_id": "a", "lead_id": "b"}}', 400, None, "'lead_id' is there twice"),
    "a key twice, once escaped": (b'{"lead": {"lead_id": "a", "l\\u0065ad_id": "b"}}', 400, None, "twice"),
    "the lead twice": (b'{"lead": {"lead_id": "a"}, "lead" : {"lead_id": "b"}}', 400, None, "'lead' is there twice"),
    "nested 200 deep": (b'{"lead": ' + b"[" * 200 + b"]" * 200 + b"}", 422, "/lead", "object"),
    "nested 500 deep": (b'{"lead": ' + b"[" * 500 + b"]" * 500 + b"}", 400, None, "deep"),
    "nested 1000 deep": (b'{"lead": ' + b"[" * 1000 + b"]" * 1000 + b"}", 400, None, "deep"),
    "nested without end": (b"[" * 500_000, 400, None, "depth"),
}
