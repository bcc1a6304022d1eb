"""The leak report: a verdict for every column and kind of event, as data, as text, for the card."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from training.leaks.verdicts import Evidence, Verdict, verdict_of, weight_of

What = Literal["column", "kind", "result"]
_WORDS = {"column": "column", "kind": "kind of event", "result": "the result itself"}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The verdict on one column or kind of event, with its evidence, the heaviest first."""

    name: str
    what: What  #: "result" for a column that the settings name as the outcome
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()

    @classmethod
    def of(cls, name: str, what: What, evidence: Iterable[Evidence], *, kept_out: bool = False) -> "Finding":
        """The finding that this evidence leads to; `kept_out` where the settings make no feature of it anyhow."""
        sorted_ = tuple(sorted(evidence, key=lambda item: -item.weight))
        verdict = verdict_of(sorted_)
        is_out = kept_out and verdict == Verdict.SUSPICIOUS
        return cls(name=name, what=what, verdict=Verdict.KEPT_OUT if is_out else verdict, evidence=sorted_)

    @property
    def weight(self) -> int:
        """Sum over grounds."""
        return weight_of(self.evidence)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the model card."""
        evidence = [item.to_dict() for item in self.evidence]
        return {"name": self.name, "what": self.what, "verdict": str(self.verdict), "evidence": evidence}


@dataclass(frozen=True, kw_only=True)
class Jump:
    """ROC AUC of a shallow model on later leads; None where there are no such columns."""

    fine: float  #: with the columns that nothing speaks against
    with_suspicious: float | None  #: and with the suspicious ones
    with_refused: float | None  #: and with the refused ones too

    def to_dict(self) -> dict[str, float | None]:
        """Plain data for the model card."""
        found = {"fine": self.fine, "with_suspicious": self.with_suspicious, "with_refused": self.with_refused}
        return {name: None if number is None else round(number, 6) for name, number in found.items()}


@dataclass(frozen=True, kw_only=True)
class LeakReport:
    """What could know the outcome, per column and kind of event, in the order of the export."""

    findings: tuple[Finding, ...]
    keep: frozenset[str] = frozenset()  #: columns that a person keeps although they are refused
    jump: Jump | None = None
    notes: tuple[str, ...] = field(default=())  #: what could not be tested, in sentences

    def named(self, verdict: Verdict, what: What = "column") -> tuple[str, ...]:
        """Names with this verdict."""
        return tuple(f.name for f in self.findings if f.verdict == verdict and f.what == what)

    @property
    def refused(self) -> tuple[str, ...]:
        """Columns to leave out: refused, and not named in `keep`."""
        return tuple(name for name in self.named(Verdict.REFUSE) if name not in self.keep)

    @property
    def kept(self) -> tuple[str, ...]:
        """Columns that are refused and used all the same, because a person said so."""
        return tuple(name for name in self.named(Verdict.REFUSE) if name in self.keep)

    @property
    def suspicious(self) -> tuple[str, ...]:
        """Columns that a person should look at; they stay in."""
        return self.named(Verdict.SUSPICIOUS)

    @property
    def refused_kinds(self) -> tuple[str, ...]:
        """Kinds of events that must not become features."""
        return self.named(Verdict.REFUSE, "kind")

    @property
    def suspicious_kinds(self) -> tuple[str, ...]:
        """Kinds of events that a person should look at."""
        return self.named(Verdict.SUSPICIOUS, "kind")

    @property
    def kept_out_kinds(self) -> tuple[str, ...]:
        """Kinds of events that would be suspicious, were they not kept out of the features anyhow."""
        return self.named(Verdict.KEPT_OUT, "kind")

    @property
    def outcome_columns(self) -> tuple[str, ...]:
        """Columns that are read as the result and are therefore never features."""
        return tuple(f.name for f in self.findings if f.what == "result")

    def finding(self, name: str) -> Finding:
        """The finding of a column or kind; of two with one name, the column."""
        return next(f for f in self.findings if f.name == name)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for the model card."""
        return {
            "refused": list(self.refused),
            "kept": list(self.kept),
            "suspicious": list(self.suspicious),
            "refused_kinds": list(self.refused_kinds),
            "suspicious_kinds": list(self.suspicious_kinds),
            "kept_out_kinds": list(self.kept_out_kinds),
            "outcome_columns": list(self.outcome_columns),
            "findings": [f.to_dict() for f in self.findings],
            "jump": None if self.jump is None else self.jump.to_dict(),
            "notes": list(self.notes),
        }

    def render(self) -> str:
        """Readable text: what is refused, what is suspicious, what is the result, what is fine."""
        results = [f for f in self.findings if f.what == "result"]
        others = [f for f in self.findings if f.what != "result"]
        fine = [f for f in others if f.verdict == Verdict.FINE]
        parts = [
            *self._section("Refused", [f for f in others if f.verdict == Verdict.REFUSE]),
            *self._section("Suspicious", [f for f in others if f.verdict == Verdict.SUSPICIOUS]),
            *self._section("Kept out anyhow", [f for f in others if f.verdict == Verdict.KEPT_OUT]),
            *self._section("Read as the result, never as a feature", results),
            *self._section("Fine, with a remark", [f for f in fine if f.evidence]),
            *_fine("Fine columns", [f for f in fine if not f.evidence and f.what == "column"]),
            *_fine("Fine kinds of events", [f for f in fine if not f.evidence and f.what == "kind"]),
            *([jump_text(self.jump)] if self.jump else []),
            *self.notes,
        ]
        return "\n".join(parts) + "\n"

    def _section(self, title: str, findings: list[Finding]) -> list[str]:
        return [f"{title} ({len(findings)})", *map(self._lines, findings), ""] if findings else []

    def _lines(self, finding: Finding) -> str:
        kept = ", kept by `keep`" if finding.verdict == Verdict.REFUSE and finding.name in self.keep else ""
        head = f"  {finding.name} ({_WORDS[finding.what]}{kept})"
        return "\n".join([head, *(f"    - {item.sentence}" for item in finding.evidence)])


def _fine(title: str, findings: list[Finding]) -> list[str]:
    return [f"{title} ({len(findings)})", "  " + ", ".join(f.name for f in findings), ""] if findings else []


def jump_text(jump: Jump) -> str:
    """The combination check in one sentence."""
    parts = [
        "On attributes alone, without behaviour, a shallow model tells later leads apart "
        f"with an AUC of {jump.fine:.3f} by the columns that are fine"
    ]
    if jump.with_suspicious is not None:
        parts.append(f"{jump.with_suspicious:.3f} with the suspicious ones")
    if jump.with_refused is not None:
        parts.append(f"{jump.with_refused:.3f} with the refused ones as well")
    return ", ".join(parts) + "."
