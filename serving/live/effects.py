"""Which score first saw a fact, and how far it moved: facts that came between two scores share one effect."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from serving.store.schema import ledger


@dataclass(frozen=True, kw_only=True)
class Effect:
    """The score that first saw a fact, beside the one before it."""

    score_id: int
    score: int
    previous: int | None  #: none where it was the first
    log_odds: float | None  #: what changed, together with all else that came in between and the time that passed


@dataclass(frozen=True, kw_only=True)
class _Given:
    """One score, as far as effects need it."""

    score_id: int
    seen_seq: int
    as_of: int
    score: int
    log_odds: float


@dataclass(frozen=True)
class Effects:
    """The scores of one lead in the order that they were given."""

    given: tuple[_Given, ...]

    def of(self, *, seq: int, known_at: int) -> Effect | None:
        """The effect of a fact that was written by `seq` and known at a moment; None where no score has seen it."""
        for i, one in enumerate(self.given):
            if one.seen_seq >= seq and one.as_of >= known_at:
                before = self.given[i - 1] if i else None
                return Effect(
                    score_id=one.score_id,
                    score=one.score,
                    previous=before.score if before else None,
                    log_odds=one.log_odds - before.log_odds if before else None,
                )
        return None


def effects_of(connection: Connection, lead_id: str) -> Effects:
    """The effects that facts of a lead had on its scores."""
    names = ("id", "seen_seq", "as_of", "score", "log_odds")
    asked = select(*(ledger.c[name] for name in names)).where(ledger.c.lead_id == lead_id).order_by(ledger.c.id)
    return Effects(tuple(_Given(**dict(zip(_FIELDS, row, strict=True))) for row in connection.execute(asked)))


_FIELDS = tuple(_Given.__dataclass_fields__)
