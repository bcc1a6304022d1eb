"""A first `ripeness.toml` from the data alone: what the files, columns and event kinds probably mean.

Every guess is told in a sentence, and what data can't tell is asked.
"""

from dataclasses import dataclass
from pathlib import Path

from features.column_names import ITALIAN, name_words
from features.findings import Findings, Question
from features.guess_experience import with_experience
from features.guess_kinds import fast_tracks, guess_kinds
from features.guess_leads import country_codes, guess_leads
from features.guess_tables import Tables, guess_tables
from features.guess_times import ask_about_times
from features.profiles import ColumnProfile, TableProfile, profiles
from features.settings import Company, Data, Kind, LeadsFile, Lifecycle, Settings
from features.tables import OUTCOME_KINDS

MOST_KINDS = 200  #: that get a section of their own


@dataclass(frozen=True, kw_only=True)
class Guess:
    """Settings that can be tried at once, how they came about, and what is left to decide."""

    settings: Settings
    notes: tuple[str, ...]
    questions: tuple[Question, ...]


def guess(folder: Path, *, now: int | None = None) -> Guess:
    """Look at an export and say what it probably means; what lies after `now` doesn't count as past.

    Raises:
        UnreadableFile: the folder isn't there, or holds no table that can be read.
    """
    found, unread = profiles(folder)
    findings = Findings(notes=unread)
    tables = guess_tables(found, findings)
    by_name = {table.name: table for table in found}
    kinds = _kinds(tables, by_name, findings)
    leads = guess_leads(
        tables.leads,
        findings,
        has_events=tables.events is not None,
        events_tell=any((kind.maps_to or name) == "closed_won" for name, kind in kinds.items()),
        key=tables.key,
    )
    data = Data(
        leads=leads.model_copy(update={"joins": tables.joins}),
        events=tables.events,
        attribute_changes=tables.changes,
        keep_na=_keep_na(tables.leads, findings),
        day_first=ask_about_times(_times(tables, leads, by_name), findings),
    )
    settings = Settings(
        company=Company(language="it" if _is_italian(found) else "en"),
        data=data,
        kinds=kinds,
        lifecycle=Lifecycle(fast_track=fast_tracks(kinds) or Lifecycle().fast_track),
    )
    settings = with_experience(folder, settings, tables.leads, findings, now=now)
    return Guess(settings=settings, notes=tuple(findings.notes), questions=tuple(findings.questions))


def _is_italian(found: list[TableProfile]) -> bool:
    """Whether a third of the columns have an Italian name."""
    names = [set(name_words(name)) for table in found for name in table.columns]
    return sum(bool(words & ITALIAN) for words in names) > len(names) / 3


def _keep_na(leads: TableProfile, findings: Findings) -> tuple[str, ...]:
    found = country_codes(leads)
    if found:
        findings.notes.append(
            f"{leads.name}: {', '.join(found)} holds country codes, where NA is Namibia and not missing"
        )
    return found


def _kinds(tables: Tables, by_name: dict[str, TableProfile], findings: Findings) -> dict[str, Kind]:
    """The meaning of the most frequent kinds."""
    if tables.events is None:
        return {}
    counts = by_name[tables.events.file].columns[tables.events.kind].text.counts()
    kinds = guess_kinds(list(counts)[:MOST_KINDS])
    outcomes = [name for name, kind in kinds.items() if (kind.maps_to or name) in OUTCOME_KINDS]
    for actor, fate in (("lead", "features"), ("seller", "not features"), ("system", "not features")):
        named = [name for name, kind in kinds.items() if kind.actor == actor and name not in outcomes]
        if named:
            shown = ", ".join(named[:12]) + (", ..." if len(named) > 12 else "")
            findings.notes.append(f"{len(named)} kinds of events by the {actor} ({fate}): {shown}")
    if outcomes:
        findings.notes.append(f"events that end or judge a lead, never features: {', '.join(outcomes)}")
    return kinds


def _times(tables: Tables, leads: LeadsFile, by_name: dict[str, TableProfile]) -> list[list[ColumnProfile]]:
    """The columns of times that are read, by file."""
    own = [leads.created_at, leads.closed_won_at, leads.closed_lost_at, leads.closed_at]
    files = {leads.file: own}
    if tables.events is not None:
        files[tables.events.file] = [tables.events.happened_at, tables.events.known_at]
    if tables.changes is not None:
        files[tables.changes.file] = [tables.changes.known_at]
    return [[by_name[file].columns[n] for n in names if n is not None] for file, names in files.items()]
