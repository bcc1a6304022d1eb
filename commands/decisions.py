"""What `train`, `promote`, `retrain` and `compare` share: the champion, the gate's words, the look that it takes."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from commands.terminal import now, say
from features.errors import NotPromoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from features.settings import Settings
    from features.tables import Export
    from models.registered import Data
    from training.gate import Condition, Verdict
    from training.promotion import Candidate, Decision


def champion_of(where: str) -> "Candidate | None":
    """The model that answers now, if any."""
    from models import registry
    from training.promotion import Candidate

    found = registry.find("champion", tracking_uri=where)
    return None if found is None else Candidate.fetch(found.number, tracking_uri=where)


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a command decides: the home, the registry, the data and its settings."""

    home: Path
    where: str  #: address of the registry
    data: "Data"  #: what the export was made of
    settings: "Settings"
    command: str

    def settle(
        self,
        new: "Candidate",
        champion: "Candidate | None",
        export: "Export",
        step: "Callable[[str], None]",
        *,
        experimental: bool = False,
    ) -> "Decision":
        """Ask the card of a model that was just registered, and the gate where there is a champion."""
        from training.promotion import settle

        decision = settle(
            new,
            champion,
            lambda: (export, self.settings),
            self.settings.gate,
            at=now(),
            tracking_uri=self.where,
            experimental=experimental,
            progress=step,
        )
        self.write_down_look(new, decision.verdict)
        return decision

    def write_down_look(self, candidate: "Candidate", verdict: "Verdict | None") -> None:
        """Count the look that a gate took at recent leads: who tries many challengers on them promotes a lucky one."""
        from training.openings import Look, record_opening

        if verdict is None or verdict.window is None:
            return
        first, last = verdict.window
        look = Look(
            company=self.settings.company.name,
            dataset=self.data.digest,
            test_after=first - 1,
            test_until=last,
            flat=bool(candidate.bundle.card.get("flat")),
            bundle=candidate.version.digest,
            purpose=self.command,
            at_the_gate=True,
        )
        say(record_opening(self.home, look, now()).sentence())


def tell(candidate: "Candidate", decision: "Decision") -> None:
    """Say what was decided on every condition.

    Raises:
        NotPromoted: with each condition that failed.
    """
    tell_conditions((*decision.conditions, *(decision.verdict.conditions if decision.verdict else ())))
    tell_notes(decision.verdict.notes if decision.verdict else ())
    tell_standing(candidate)
    number = candidate.version.number
    if not decision.promote:
        few = not decision.conditions[0].passed  # which no reason overrides
        how = "" if few else " `ripeness promote --override --reason` records why it answers all the same"
        raise NotPromoted(f"version {number} is refused. {decision.why}{how}")
    kept = f"; version {decision.against} is kept as `previous`" if decision.against else ""
    say(f"version {number} is the champion, {decision.word}{kept}")
    if decision.experimental:
        say("it is experimental: it learned from too few won leads for its figures to mean much")


def tell_conditions(conditions: "tuple[Condition, ...]") -> None:
    """Each in a line; slices that pass in one line together."""
    quiet = [c for c in conditions if c.passed and c.slice]
    for condition in conditions:
        if condition not in quiet:
            say(f"  {condition.line()}")
    if quiet:
        say(f"  pass  {len(quiet)} {'slice' if len(quiet) == 1 else 'slices'} not worse")


def tell_notes(notes: Iterable[str]) -> None:
    """What to know of the window."""
    for note in notes:
        say(f"  {note}")


def tell_standing(candidate: "Candidate") -> None:
    """Whether something simpler did as well on the model's own test period, where its card tells."""
    found = candidate.bundle.card.get("against_best")
    if found:
        say(f"  {found['sentence']}")
