"""How marketing and sales work with the score: capacity and the lifecycle."""

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from features.settings.section import Days, Grade, Section

HYSTERESIS = 10.0  #: points between entry and exit where no exit is given
_GRADES = "DCBA"  #: ascending


class Capacity(Section):
    """How many leads sales can really work."""

    reps: int = Field(5, ge=1)  #: people who call leads
    calls_per_rep_per_day: int = Field(12, ge=1)  #: first calls that one of them can make


class RecycleDays(Section):
    """After how many days a lead that sales turned down may be scored into a stage again, by the reason given.

    0 means never by a score; a later request for sales brings any lead back.
    """

    not_our_profile: float = Field(0, ge=0, le=36_500)  #: it is not our customer profile
    no_intent: float = Field(60, ge=0, le=36_500)  #: it does not want to buy
    bad_timing: float = Field(90, ge=0, le=36_500)  #: it may buy, not now
    bad_data: float = Field(30, ge=0, le=36_500)  #: its data are wrong; time to correct them
    duplicate: float = Field(0, ge=0, le=36_500)  #: another record is the same person
    competitor: float = Field(0, ge=0, le=36_500)  #: it works for a competitor
    student_or_job_seeker: float = Field(0, ge=0, le=36_500)  #: it looks for a thesis or a job
    other: float = Field(90, ge=0, le=36_500)  #: any other reason, in words

    def after(self, reason: str) -> float:
        """Days for a reason code; for words that are no code those of "other"."""
        days = getattr(self, reason, None) if reason in type(self).model_fields else None
        return float(self.other if days is None else days)


class SlaHours(Section):
    """Within how many hours of a hand-off sales has to accept or reject the lead, by its band; weekends count."""

    asked: float = Field(4, gt=0, le=8_760)  #: it asked for sales itself
    hot: float = Field(24, gt=0, le=8_760)  #: its score reaches sql_min_score
    warm: float = Field(72, gt=0, le=8_760)  #: its score reaches mql_min_score
    cold: float = Field(120, gt=0, le=8_760)  #: any other, handed over by a person

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.asked <= self.hot <= self.warm <= self.cold:
            raise ValueError("a warmer band has more hours than a colder one; order asked <= hot <= warm <= cold")
        return self


class Lifecycle(Section):
    """The definition of a qualified lead that marketing and sales share."""

    mql_min_score: float = Field(75, ge=0, le=100)  #: percentile from which a lead may be marketing qualified
    mql_min_fit: Grade = "C"  #: and the fit that it needs as well
    mql_exit_score: float | None = Field(None, ge=0, le=100)  #: below it it goes back; 10 below mql_min_score if absent
    sql_min_score: float = Field(92, ge=0, le=100)  #: percentile from which a hand-off is recommended
    sql_min_fit: Grade = "B"  #: and the fit that it needs as well
    sql_exit_score: float | None = Field(None, ge=0, le=100)  #: below it an offer to sales ends; 10 below if absent
    min_days_in_stage: float = Field(14, ge=0, le=36_500)  #: before a score moves a lead back
    hold_days: float = Field(14, ge=0, le=36_500)  #: for which a score respects the stage that a person set
    min_active_days: int = Field(2, ge=1)  #: one form filled in is not a qualified lead
    active_within_days: Days = 90  #: on how many of the last days it was active counts
    fast_track: tuple[str, ...] = ("demo_request", "quote_request", "contact_sales")  #: kinds that go straight to sales
    fast_track_days: Days = 14  #: how long such a request keeps its force
    idle_days: Days = 45  #: without any activity a lead goes back to nurturing
    recycle_days: RecycleDays = RecycleDays()  #: how long a rejection by sales holds
    sla_hours: SlaHours = SlaHours()  #: the clock of a hand-off

    @property
    def mql_exit(self) -> float:
        """The score below which a marketing qualified lead goes back to lead."""
        return max(0.0, self.mql_min_score - HYSTERESIS) if self.mql_exit_score is None else self.mql_exit_score

    @property
    def sql_exit(self) -> float:
        """The score below which a lead is no longer offered to sales; at least what marketing qualified needs."""
        if self.sql_exit_score is None:
            return max(self.mql_min_score, self.sql_min_score - HYSTERESIS)
        return self.sql_exit_score

    @model_validator(mode="after")
    def _sound(self) -> Self:
        faults = [*self._overlaps(), *self._unreachable()]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _overlaps(self) -> Iterator[str]:
        """Rules that would put one lead into two places at once."""
        if self.sql_min_score < self.mql_min_score:
            yield "sql_min_score is below mql_min_score; give sales qualified the higher one"
        if _GRADES.index(self.sql_min_fit) < _GRADES.index(self.mql_min_fit):
            yield f"sql_min_fit {self.sql_min_fit} asks for less than mql_min_fit {self.mql_min_fit}; swap them"
        if self.mql_exit > self.mql_min_score:
            yield "mql_exit_score is above mql_min_score: a lead would enter and leave at once; lower the exit"
        if self.sql_exit > self.sql_min_score:
            yield "sql_exit_score is above sql_min_score: an offer to sales would end at once; lower the exit"
        if self.sql_exit < self.mql_min_score:
            yield "sql_exit_score is below mql_min_score: sales would be offered unqualified leads; raise the exit"
        if self.fast_track_days > self.idle_days:
            yield "fast_track_days is above idle_days: a request would outlive the lead's activity; shorten it"

    def _unreachable(self) -> Iterator[str]:
        """Stages that no lead could come to."""
        if (self.mql_min_score, self.mql_min_fit) == (self.sql_min_score, self.sql_min_fit):
            yield "marketing qualified can't be reached: sales qualified asks for the same; raise sql_min_score"
        if self.min_active_days > self.active_within_days:
            yield (
                f"no score can qualify a lead: min_active_days {self.min_active_days} do not fit into "
                f"active_within_days {self.active_within_days:g}; lower the first"
            )
