"""The company, its export, and what its events mean."""

from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import field_validator

from features.settings.section import Actor, Delimiter, Encoding, Family, FileName, Moment, Section
from features.stages import Stage


class Company(Section):
    """Who this is for."""

    name: str = "Our company"  #: as it calls itself in reports and pages
    language: Literal["en", "it"] = "en"  #: of reasons, where the caller names none
    time_zone: str = "UTC"  #: in which times without a zone are read

    @field_validator("time_zone")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError(f"{value!r} is no time zone; use a name such as 'Europe/Rome'")
        return value

    @property
    def zone(self) -> ZoneInfo:
        """The time zone as an object."""
        return ZoneInfo(self.time_zone)


class Join(Section):
    """A file whose columns are added to the leads, such as accounts to opportunities."""

    file: FileName
    on: str  #: the column that both files have, by its name in the files


class LeadsFile(Section):
    """Where the leads are and what their columns mean.

    Values of the named columns are names *in the file*; every other column is an attribute
    unless `ignore` names it. Either give times (`created_at`, `closed_won_at`) or, for a flat
    export, `result` with `won_values`.
    """

    file: FileName = "leads.csv"  #: CSV, CSV.gz or Parquet in the folder of the export
    delimiter: Delimiter | None = None  #: guessed when absent
    encoding: Encoding = "utf-8"  #: of a CSV file; from Excel mostly "cp1252"
    lead_id: str | None = "lead_id"  #: "" when there is none: then the row's number serves as one
    created_at: str | None = None  #: when the lead came to you
    closed_won_at: str | None = None  #: when it was won; empty for all others
    closed_lost_at: str | None = None  #: when it was given up; empty for all others
    closed_at: str | None = None  #: one date for both results; needs `result`
    result: str | None = None  #: the column that tells won from lost from open
    won_values: tuple[str, ...] = ()  #: words of `result` that mean won
    lost_values: tuple[str, ...] = ()  #: empty: every other value of a flat export is lost
    order: str | None = None  #: a column that runs with time, for exports without dates; "row" is the row's order
    account_id: str | None = None  #: the company that the lead belongs to
    owner: str | None = None  #: who works the lead; never seen by the model
    joins: tuple[Join, ...] = ()  #: further files with columns of the leads
    ignore: tuple[str, ...] = ()  #: columns that stay out of the model
    keep: tuple[str, ...] = ()  #: columns kept although the leak detector refuses them

    @field_validator("lead_id")
    @classmethod
    def _none_for_empty(cls, value: str | None) -> str | None:
        return value or None


class EventsFile(Section):
    """Where the activities are and what their columns mean."""

    file: FileName = "events.csv"  #: CSV, CSV.gz or Parquet in the folder of the export
    delimiter: Delimiter | None = None  #: guessed when absent
    encoding: Encoding = "utf-8"  #: of a CSV file
    lead_id: str = "lead_id"  #: whose activity it is
    kind: str = "kind"  #: what happened, such as "pricing_page_view"
    happened_at: str = "happened_at"  #: when it happened
    known_at: str | None = None  #: when you could know of it; at once when absent
    event_id: str | None = None  #: its own key; a second row with it is left out
    value: str | None = None  #: a number, such as minutes watched
    topic: str | None = None  #: what it was about
    channel: str | None = None  #: where the lead came from, such as "email"
    actor: str | None = None  #: lead, seller or system, where the file tells; else the kind says it


class ChangesFile(Section):
    """Where the history of attributes is: which field got which value, known when."""

    file: FileName = "attribute_changes.csv"  #: CSV, CSV.gz or Parquet in the folder of the export
    delimiter: Delimiter | None = None  #: guessed when absent
    encoding: Encoding = "utf-8"  #: of a CSV file
    lead_id: str = "lead_id"  #: whose field changed
    field: str = "field"  #: the name of the field
    value: str = "value"  #: what it became
    old_value: str | None = None  #: with it, the first old value counts as known at creation
    known_at: str = "known_at"  #: when the change was known


class Data(Section):
    """The export: three tables, and what counts as missing or as the end of it."""

    leads: LeadsFile = LeadsFile()  #: who they are and how they ended
    events: EventsFile | None = None  #: what they did
    attribute_changes: ChangesFile | None = None  #: how their fields changed
    missing_words: tuple[str, ...] = (
        "",
        "Select",
        "N/A",
        "n/a",
        "null",
        "NULL",
        "None",
        "none",
        "NaN",
        "nan",
        "-",
        "?",
    )  #: texts that mean missing, in every column; "NA" as well
    keep_na: tuple[str, ...] = ()  #: columns where the text "NA" is a value, such as Namibia's country code
    day_first: bool | None = None  #: 03/04/2026 is 3 April; decided by the file's other dates where they tell
    data_end: Moment | None = None  #: up to when the export is complete; the last time in it unless given


class Kind(Section):
    """What one kind of event is: who acts, what it says, and how to talk about it."""

    actor: Actor = "lead"  #: who acts: lead, seller or system
    family: Family = "engagement"  #: fit (who the lead is) or engagement (what it does)
    stage: Stage = Stage.LEAD  #: the lifecycle stage that it is evidence for
    feature: bool | None = None  #: absent: only what the lead did is a feature
    maps_to: str | None = None  #: another kind whose meaning and name this one takes
    label: str | None = None  #: how a person calls it, singular: "pricing page view"
    ends_contact: bool | None = None  #: it is no interest, but a wish to be left alone; absent: by its name

    @property
    def is_feature(self) -> bool:
        """Seller and system events leak the sales team's own judgement; they stay out unless named."""
        return self.actor == "lead" if self.feature is None else self.feature
