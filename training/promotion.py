"""Whether a registered model becomes the champion, and what is written down about it.

Three things are asked: does its card show skill, did it learn from enough won leads, and does it
pass the gate against the champion. The answer stays with the version as tags, a refusal as well.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from features.errors import BadBundle, NotComparable, NotEnoughData, NotPromoted
from features.settings import Gate, Settings
from features.tables import Export
from models import registry
from models.bundle import Bundle
from models.files import load
from models.registered import Version
from training.gate import Condition, Verdict, gate

Progress = Callable[[str], None]
ReadExport = Callable[[], tuple[Export, Settings]]
Card = Mapping[str, Any]

PREFIX = "decision"  #: of the tags of a version


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A registered version with its bundle."""

    version: Version
    bundle: Bundle

    @classmethod
    def fetch(cls, name: str, *, tracking_uri: str) -> "Candidate":
        """The version that goes by this alias, number or run id.

        Raises:
            NoModel: there is none.
            NotPromoted: its run hasn't finished.
            BadBundle: its files are not what was registered.
        """
        version = registry.named(name, tracking_uri=tracking_uri)
        with TemporaryDirectory(prefix="ripeness-") as scratch:
            fetched = registry.download(version.number, tracking_uri=tracking_uri, into=Path(scratch))
            return cls(version=version, bundle=load(fetched.folder))


@dataclass(frozen=True, kw_only=True)
class Decision:
    """What was decided about a version, and why."""

    promote: bool
    conditions: tuple[Condition, ...]
    verdict: Verdict | None  #: of the gate; None where there was no champion to compare with
    against: str | None  #: the champion's number
    reason: str | None  #: of an override
    experimental: bool = False

    @property
    def failed(self) -> tuple[Condition, ...]:
        """The conditions that don't hold, overridden or not."""
        gate_failed = self.verdict.failed if self.verdict else ()
        return tuple(c for c in self.conditions if not c.passed) + gate_failed

    @property
    def word(self) -> str:
        """One of "promoted", "promoted by override", "refused"."""
        if not self.promote:
            return "refused"
        return "promoted by override" if self.reason and self.failed else "promoted"

    @property
    def why(self) -> str:
        """Each condition that failed, with its numbers; else what spoke for it."""
        if not self.promote:
            return " ".join(f"{c.name}: {c.says}." for c in self.failed)
        if self.verdict is None:
            return (
                "it is the first, and experimental"
                if self.experimental
                else "it is the first, and its card shows skill"
            )
        return self.verdict.sentence()

    def tags(self, at: datetime) -> dict[str, str]:
        """What is written onto the version."""
        told = {
            "": self.word,
            "_at": at.isoformat(timespec="seconds"),
            "_against": self.against or "no champion",
            "_window": self.verdict.when if self.verdict else "",
            "_failed": "; ".join(f"{c.name}: {c.says}" for c in self.failed),
            "_reason": self.reason or "",
            "_experimental": "yes" if self.experimental else "",
        }
        return {f"{PREFIX}{name}": text for name, text in told.items()}


def decide(
    candidate: Candidate,
    champion: Candidate | None,
    read: ReadExport,
    rules: Gate,
    *,
    experimental: bool = False,
    reason: str | None = None,
    lenient: bool = False,
    progress: Progress = lambda _: None,
) -> Decision:
    """Ask the card, then the gate; `read` brings the export where there is a champion to compare with.

    `reason` overrides every refusal but that of too few won leads, which `experimental` alone lifts. That lifts the
    need to show skill as well, for few wins can't show any; not the gate.

    Raises:
        NotComparable: the models predict different things or for different leads; with `reason` or `lenient` that is
            a condition that failed.
        NotEnoughData: there is no recent lead whose result is known; likewise.
    """
    conditions = card_conditions(candidate.bundle.card, rules, experimental=experimental)
    few, lifted = conditions[0], experimental and not enough_won(candidate.bundle.card, rules).passed
    verdict = None
    if champion is not None and few.passed:
        verdict = _judged(champion, candidate, read, lenient=lenient or bool(reason), progress=progress)
    allowed = all(c.passed for c in conditions) and (verdict is None or verdict.promote)
    return Decision(
        promote=bool(few.passed and (allowed or reason)),
        conditions=conditions,
        verdict=verdict,
        against=champion.version.number if champion else None,
        reason=reason,
        experimental=lifted,
    )


def _judged(
    champion: Candidate, candidate: Candidate, read: ReadExport, *, lenient: bool, progress: Progress
) -> Verdict:
    """The gate's verdict; where it can't judge and `lenient` is set, one that fails for that reason."""
    export, settings = read()
    try:
        return gate(champion.bundle, candidate.bundle, export, settings, progress=progress).verdict
    except (NotComparable, NotEnoughData) as error:
        if not lenient:
            raise
        return Verdict(conditions=(Condition(name="gate", passed=False, says=f"it can't judge: {error}"),), when="")


def card_conditions(card: Card, rules: Gate, *, experimental: bool = False) -> tuple[Condition, Condition]:
    """What the card alone must tell: enough won leads, and skill, which few wins can't show.

    Raises:
        BadBundle: the card doesn't tell how many leads were won.
    """
    few = enough_won(card, rules, experimental=experimental)
    lifted = experimental and not enough_won(card, rules).passed
    return few, shows_skill(card, asked=not lifted)


def carry_out(candidate: Candidate, decision: Decision, *, at: datetime, tracking_uri: str) -> None:
    """Write the decision onto the version, and move the aliases if it is to be promoted."""
    registry.write_tags(candidate.version.number, decision.tags(at), tracking_uri=tracking_uri)
    if decision.promote:
        registry.promote(candidate.version.number, tracking_uri=tracking_uri)


def settle(
    candidate: Candidate,
    champion: Candidate | None,
    read: ReadExport,
    rules: Gate,
    *,
    at: datetime,
    tracking_uri: str,
    experimental: bool = False,
    progress: Progress = lambda _: None,
) -> Decision:
    """Decide on a model that was just registered, write it down and carry it out; a gate that can't judge refuses."""
    found = decide(candidate, champion, read, rules, experimental=experimental, lenient=True, progress=progress)
    carry_out(candidate, found, at=at, tracking_uri=tracking_uri)
    return found


def require_promotable(candidate: Candidate, champion: Candidate | None) -> None:
    """Refuse what is the champion already.

    Raises:
        NotPromoted: it is.
    """
    if champion is not None and champion.version.number == candidate.version.number:
        raise NotPromoted(f"version {candidate.version.number} is the champion already; nothing was changed")


def enough_won(card: Card, rules: Gate, *, experimental: bool = False) -> Condition:
    """Whether the model learned from enough won leads.

    Raises:
        BadBundle: the card doesn't tell how many.
    """
    try:
        won = int(card["parts"]["train"]["won"])
    except (KeyError, TypeError, ValueError):
        raise BadBundle("the model's card doesn't tell how many won leads it learned from; train it anew") from None
    asked = f"at least {rules.min_won_leads} are needed"
    lifted = "experimental was asked for" if experimental else f"{asked}, or --experimental"
    enough = won >= rules.min_won_leads
    says = f"it learned from {won:,} won leads; {asked if enough else lifted}"
    return Condition(name="won leads", passed=enough or experimental, says=says)


def shows_skill(card: Card, *, asked: bool = True) -> Condition:
    """Whether its own test period showed that it ranks better than chance; few wins can't, so it isn't asked then."""
    said = str(card.get("verdict", "its card has no verdict on its skill")).rstrip(".")
    return Condition(name="skill", passed=card.get("has_skill") is True or not asked, says=said)


def told(version: Version) -> str | None:
    """What was decided about a version, in a sentence; None where nothing was."""
    tags = {name.removeprefix(PREFIX): text for name, text in version.tags.items() if name.startswith(PREFIX)}
    if not tags:
        return None
    against = tags.get("_against", "")
    beside = f" against version {against}" if against.isdecimal() else ""
    experimental = " as experimental" if tags.get("_experimental") else ""
    reason = f"; reason given: {tags['_reason']}" if tags.get("_reason") else ""
    failed = f"; failed: {tags['_failed']}" if tags.get("_failed") else ""
    return f"version {version.number} was {tags['']}{experimental} at {tags.get('_at', '?')}{beside}{reason}{failed}"
