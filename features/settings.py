"""`ripeness.toml`: everything a company decides, read once into frozen settings.

Every key is documented where it is declared, with its unit in its name. A key that is not
declared here is refused, so a typing error can't pass for a choice.
"""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from features.errors import BadSettings
from features.stages import Stage

Actor = Literal["lead", "seller", "system"]
Family = Literal["fit", "engagement"]
Grade = Literal["A", "B", "C", "D"]
Days = Annotated[float, Field(gt=0, le=36_500)]
Share = Annotated[float, Field(gt=0, lt=1)]

FILE_NAME = "ripeness.toml"


class Section(BaseModel):
    """A table of `ripeness.toml`: frozen, and closed to keys nobody declared."""

    model_config = ConfigDict(frozen=True, extra="forbid")


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

    file: str
    on: str  #: the column that both files have, by its name in the files


class LeadsFile(Section):
    """Where the leads are and what their columns mean.

    Values of the named columns are names *in the file*; every other column is an attribute
    unless `ignore` names it. Either give times (`created_at`, `closed_won_at`) or, for a flat
    export, `result` with `won_values`.
    """

    file: str = "leads.csv"  #: CSV, CSV.gz or Parquet in the folder of the export
    delimiter: str | None = None  #: guessed when absent
    encoding: str = "utf-8"  #: of a CSV file; from Excel mostly "cp1252"
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

    file: str = "events.csv"  #: CSV, CSV.gz or Parquet in the folder of the export
    delimiter: str | None = None  #: guessed when absent
    encoding: str = "utf-8"  #: of a CSV file
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

    file: str = "attribute_changes.csv"  #: CSV, CSV.gz or Parquet in the folder of the export
    delimiter: str | None = None  #: guessed when absent
    encoding: str = "utf-8"  #: of a CSV file
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
    data_end: datetime | None = None  #: up to when the export is complete; the last time in it unless given


class Kind(Section):
    """What one kind of event is: who acts, what it says, and how to talk about it."""

    actor: Actor = "lead"  #: who acts: lead, seller or system
    family: Family = "engagement"  #: fit (who the lead is) or engagement (what it does)
    stage: Stage = Stage.LEAD  #: the lifecycle stage that it is evidence for
    feature: bool | None = None  #: absent: only what the lead did is a feature
    maps_to: str | None = None  #: another kind whose meaning and name this one takes
    label: str | None = None  #: how a person calls it, singular: "pricing page view"

    @property
    def is_feature(self) -> bool:
        """Seller and system events leak the sales team's own judgement; they stay out unless named."""
        return self.actor == "lead" if self.feature is None else self.feature


class Features(Section):
    """Which windows the view looks through, and how many categories it keeps."""

    windows_days: tuple[Days, ...] = (7, 30, 90)  #: how far back events are counted
    half_lives_days: tuple[Days, ...] = (14,)  #: after which an event counts half
    max_kinds: int = Field(40, ge=1, le=500)  #: the most frequent kinds; the rest counts as activity only
    max_categories: int = Field(40, ge=2, le=1000)  #: per attribute; rarer values count as missing
    min_category_leads: int = Field(10, ge=1)  #: rarer values count as missing


class Outcome(Section):
    """What is predicted, and how long it may take."""

    horizon_days: Days = 90  #: within which a lead has to be won to count as won
    reporting_delay_days: float = Field(0, ge=0, le=3650)  #: how late a win may be written down


class Cohort(Section):
    """At which moments leads are scored to learn from them."""

    mode: Literal["snapshots", "ages"] = "snapshots"  #: calendar snapshots, or fixed ages of the lead
    every_days: Days = 7  #: between two snapshots
    at_ages_days: tuple[Annotated[float, Field(ge=0)], ...] = (3,)  #: with mode "ages"
    age_from: str = "created_at"  #: the column from which ages count
    pairs_per_lead: int = Field(8, ge=1, le=1000)  #: at most so many moments of one lead are learned from


class Split(Section):
    """Where the past ends and the future starts; all bounds are moments of scoring (`as_of`).

    Without them the last `test_share` of the time that has mature labels is the test period,
    and training ends one horizon before it.
    """

    train_until: datetime | None = None  #: train on as_of <= this
    test_after: datetime | None = None  #: test on test_after < as_of ...
    test_until: datetime | None = None  #: ... <= test_until
    test_share: Share = 0.2  #: of the time that has mature labels, when no bounds are given
    calibration_share: Share = 0.15  #: of the training time, when there is room for its gap
    order_train_share: Share = 0.8  #: of the rows of a flat export, by its order column


class Model(Section):
    """The two experts and when each takes part."""

    seed: int = Field(20_260_101, ge=0)  #: of every random choice; the same seed gives the same bytes
    min_wins_for_trees: int = Field(100, ge=1)  #: below it only the linear expert learns
    max_trees: int = Field(600, ge=1, le=5000)  #: early stopping mostly ends sooner
    leaves: int = Field(8, ge=2, le=255)  #: of one tree
    min_leads_per_leaf: int = Field(80, ge=1)  #: fewer can't make a rule
    learning_rate: float = Field(0.03, gt=0, le=1)  #: of the trees
    feature_share: float = Field(0.5, gt=0, le=1)  #: of the columns that each tree may use
    l2: float = Field(5.0, ge=0)  #: regularisation of the trees
    linear_strengths: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (0.003, 0.01, 0.03, 0.1, 0.3, 1.0), min_length=1
    )
    #: inverse regularisation of the linear expert; the one that answers held-out leads best is taken
    bootstrap_rounds: int = Field(300, ge=20, le=10_000)  #: behind every interval in the report


class Capacity(Section):
    """How many leads sales can really work."""

    reps: int = Field(5, ge=1)  #: people who call leads
    calls_per_rep_per_day: int = Field(12, ge=1)  #: first calls that one of them can make


class Lifecycle(Section):
    """The definition of a qualified lead that marketing and sales share."""

    mql_min_score: float = Field(75, ge=0, le=100)  #: percentile from which a lead may be marketing qualified
    mql_min_fit: Grade = "C"  #: and the fit that it needs as well
    sql_min_score: float = Field(92, ge=0, le=100)  #: percentile from which a hand-off is recommended
    sql_min_fit: Grade = "B"  #: and the fit that it needs as well
    min_active_days: int = Field(2, ge=1)  #: one form filled in is not a qualified lead
    fast_track: tuple[str, ...] = ("demo_request", "quote_request", "contact_sales")  #: kinds that go straight to sales
    fast_track_days: Days = 14  #: how long such a request keeps its force
    idle_days: Days = 45  #: without any activity a lead goes back to nurturing

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.sql_min_score < self.mql_min_score:
            raise ValueError("sql_min_score is below mql_min_score; give sales qualified the higher one")
        return self


class Service(Section):
    """How the service listens."""

    host: str = "127.0.0.1"  #: loopback unless told otherwise
    port: int = Field(8377, ge=1, le=65535)  #: of the service and its pages
    max_body_bytes: int = Field(2_000_000, ge=1_000)  #: of one request
    max_batch: int = Field(1_000, ge=1)  #: leads in one request
    max_events_per_lead: int = Field(5_000, ge=1)  #: in one request


class Settings(Section):
    """The whole of `ripeness.toml`."""

    company: Company = Company()
    data: Data = Data()
    kinds: dict[str, Kind] = Field(default_factory=dict)  #: by the kind's name in the export
    features: Features = Features()
    outcome: Outcome = Outcome()
    cohort: Cohort = Cohort()
    split: Split = Split()
    model: Model = Model()
    capacity: Capacity = Capacity()
    lifecycle: Lifecycle = Lifecycle()
    service: Service = Service()


def load_settings(path: Path) -> Settings:
    """Read a `ripeness.toml`.

    Raises:
        BadSettings: the file is not there, is no TOML, or holds an unknown key or a value out of bounds.
    """
    try:
        return parse_settings(path.read_text(encoding="utf-8"), where=str(path))
    except OSError as error:
        raise BadSettings(f"{path}: {error.strerror}; write one with `ripeness init FOLDER`") from error
    except UnicodeDecodeError as error:
        raise BadSettings(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8") from error


def parse_settings(text: str, *, where: str = FILE_NAME) -> Settings:
    """Read settings from TOML text; `where` names the source in errors.

    Raises:
        BadSettings: as `load_settings`.
    """
    try:
        return Settings.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{where} is not valid TOML: {error}") from error
    except ValidationError as error:
        lines = [f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()]
        raise BadSettings(f"{where} can't be used: " + "; ".join(lines)) from error
