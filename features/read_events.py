"""The events file: who did what when, and which rows can't be events."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import NEVER, iso
from features.columns import Floats, Text, no_text, numbers_of, text_of
from features.encode import Reading
from features.read_leads import LeadsRead
from features.read_tables import Bools, Ints, RawTable, Sieve, read_table
from features.settings import EventsFile, Settings
from features.tables import OUTCOME_KINDS
from features.time_columns import TimeColumns, time_columns

SECTION = "data.events"
#: words of an actor column, by who they stand for
ACTORS = {
    "lead": "lead contact customer prospect visitor user buyer student cliente utente visitatore contatto",
    "seller": "seller sales rep agent owner employee staff salesperson venditore commerciale agente operatore",
    "system": "system automation automatic workflow bot marketing sistema automatico automazione",
}
ACTOR_OF = {word: actor for actor, words in ACTORS.items() for word in words.split()}


@dataclass(kw_only=True)
class EventsRead:
    """The events file while rows can still be refused; rows are those of the file."""

    raw: RawTable
    sieve: Sieve
    lead: Ints  #: row in the leads file
    kind: Text
    happened_at: Ints
    known_at: Ints
    value: Floats
    topic: Text
    channel: Text
    actor: Text
    event_id: Text
    notes: list[str]


def read_events(folder: Path, settings: Settings, leads: LeadsRead) -> EventsRead | None:
    """Read the events, and refuse those that can't be placed; None where the settings name no file.

    Raises:
        UnreadableFile: the file can't be read.
        BadTable: a column isn't there.
    """
    spec = settings.data.events
    if spec is None:
        return None
    if leads.flat:
        leads.notes.append(
            f"{spec.file} is not read: the leads' results have no date, so no event lies before or after them"
        )
        return None
    raw = read_table(folder, spec.file, delimiter=spec.delimiter, encoding=spec.encoding)
    sieve = Sieve(raw)
    kind = _kinds(raw, sieve, settings)
    times = time_columns(raw, {"happened_at": spec.happened_at, "known_at": spec.known_at}, SECTION, settings)
    times.refuse(raw, sieve)
    happened_at, known_at = _clocks(times, sieve, spec)
    value, notes = _values(raw, spec)
    read = EventsRead(
        raw=raw,
        sieve=sieve,
        lead=lead_rows(raw, sieve, spec.lead_id, SECTION, leads),
        kind=kind,
        happened_at=happened_at,
        known_at=known_at,
        value=value,
        topic=_optional(raw, spec.topic, "topic", settings),
        channel=_optional(raw, spec.channel, "channel", settings),
        actor=_actors(raw, _optional(raw, spec.actor, "actor", settings), notes),
        event_id=_event_ids(raw, sieve, settings),
        notes=[*raw.notes, *times.notes, *notes],
    )
    _refuse_early_results(read, leads, by_day=times.times["happened_at"].by_day)
    return read


def _event_ids(raw: RawTable, sieve: Sieve, settings: Settings) -> Text:
    """The events' own keys, where they have any; a row with a key that was there is refused."""
    spec = settings.data.events or EventsFile()
    ids = _optional(raw, spec.event_id, "event_id", settings)
    twice = pd.Series(ids.codes).duplicated().to_numpy() & ~ids.missing
    sieve.refuse(twice, "the event_id was there before; the first row is kept", lambda row: f"event_id is {ids[row]!r}")
    return ids


def lead_rows(raw: RawTable, sieve: Sieve, name: str, section: str, leads: LeadsRead) -> Ints:
    """The row in the leads file that each row is about; rows about nobody are refused."""
    ids = text_of(raw.column(name, f"{section}.lead_id"))
    lead = leads.rows_of(ids)

    def show(row: int) -> str:
        return f"{name} is {ids[row]!r}"

    sieve.refuse(ids.missing, f"no {name}, so nobody knows whom it is about", lambda _row: f"no {name}")
    remedy = _written_otherwise(ids, lead < 0, leads) or "add the lead or leave the row"
    sieve.refuse(lead < 0, f"{name} is none of the leads in {leads.raw.name}; {remedy}", show)
    sieve.refuse(~leads.sieve.stays[lead], "it is about a lead that was refused", show)
    return lead


def _written_otherwise(ids: Text, strange: Bools, leads: LeadsRead) -> str | None:
    """The remedy where most unknown ids are known once zeros in front and capitals don't count."""
    if not strange.any():
        return None
    known = {_bare(str(word)): str(word) for word in leads.ids.words}
    words = list(ids.take(strange).counts())
    alike = [(word, known[_bare(word)]) for word in words if _bare(word) in known]
    if len(alike) * 2 <= len(words):
        return None
    here, there = alike[0]
    return f"{there} against {here}? Export the ids of both files alike, as text"


def _bare(word: str) -> str:
    return word.lstrip("0").casefold()


def canonical(settings: Settings, kind: str) -> str:
    """The name that a kind takes by `maps_to`, followed to its end."""
    for _ in range(len(settings.kinds)):
        meaning = settings.kinds.get(kind)
        if meaning is None or meaning.maps_to is None:
            break
        kind = meaning.maps_to
    return kind


def _kinds(raw: RawTable, sieve: Sieve, settings: Settings) -> Text:
    spec = settings.data.events or EventsFile()
    exported = text_of(raw.column(spec.kind, f"{SECTION}.kind"))
    sieve.refuse(exported.missing, f"no {spec.kind}, so nobody knows what happened", lambda _row: f"no {spec.kind}")
    return exported.rename(lambda kind: canonical(settings, kind))


def _clocks(times: TimeColumns, sieve: Sieve, spec: EventsFile) -> tuple[Ints, Ints]:
    """Both clocks; an event without `known_at` was known at once."""
    happened_at = times.times["happened_at"].micros
    sieve.refuse(happened_at == NEVER, f"no {spec.happened_at}; fill it in", lambda _row: f"no {spec.happened_at}")
    known_at = times.times["known_at"].micros if "known_at" in times.times else happened_at
    return happened_at, np.where(known_at == NEVER, happened_at, known_at)


def _values(raw: RawTable, spec: EventsFile) -> tuple[Floats, list[str]]:
    if spec.value is None:
        return np.full(len(raw), np.nan), []
    values, wrong = numbers_of(raw.column(spec.value, f"{SECTION}.value"))
    if not wrong.any():
        return values, []
    row = int(np.flatnonzero(wrong)[0])
    shown = raw.table.column(spec.value)[row].as_py()
    return values, [
        f"{raw.name}: {int(wrong.sum()):,} values of {spec.value} are no numbers and count as missing, "
        f"such as {str(shown)[:60]!r} in {raw.where(row)}"
    ]


def _optional(raw: RawTable, name: str | None, key: str, settings: Settings) -> Text:
    if name is None:
        return no_text(len(raw))
    missing = Reading.of(name, settings.data.missing_words, settings.data.keep_na).missing_words
    return text_of(raw.column(name, f"{SECTION}.{key}"), missing)


def _actors(raw: RawTable, exported: Text, notes: list[str]) -> Text:
    """lead, seller or system; any other word leaves it to the kind."""
    unknown = [word for word in exported.words if str(word).lower() not in ACTOR_OF]
    if unknown:
        shown = ", ".join(map(repr, unknown[:5]))
        notes.append(f"{raw.name}: the actors {shown} are neither lead, seller nor system; the kind decides there")
    return exported.rename(lambda word: ACTOR_OF.get(word.lower()))


def _refuse_early_results(read: EventsRead, leads: LeadsRead, *, by_day: bool) -> None:
    """A lead whose result lies before its creation is refused, for without the result it would pass as open."""
    closing = read.kind.where(lambda kind: kind in OUTCOME_KINDS[:2]) & read.sieve.stays
    rows = np.flatnonzero(closing)
    start = leads.closing_start(by_day=by_day)[read.lead[rows]]
    early = rows[(start != NEVER) & (read.happened_at[rows] < start)]
    wrong = np.zeros(len(leads.raw), dtype=np.bool_)
    wrong[read.lead[early]] = True
    leads.sieve.refuse(
        wrong,
        f"{read.raw.name} has a result of the lead before it was created; correct one of both dates",
        lambda row: f"{leads.ids[row]!r} was created {iso(leads.created[row])}",
    )
    read.sieve.refuse(
        ~leads.sieve.stays[read.lead],
        "it is about a lead that was refused",
        lambda row: f"lead {leads.ids[int(read.lead[row])]!r}",
    )
