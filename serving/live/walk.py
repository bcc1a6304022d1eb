"""All leads scored again, block by block: silence changes scores too, and so does another model.

How far a walk is stands in the store, written with each block, so that it goes on after a crash where
it was; whoever walks last moves on, others see that and leave it alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, time, timedelta, tzinfo

import orjson
import structlog
from sqlalchemy import ColumnElement, Connection, Table, exists, func, select, text

from features.clock import SECOND, from_micros, to_micros
from features.errors import RipenessError
from features.tables import OUTCOME_KINDS
from serving.live.own_writes import OwnWrites
from serving.live.record import Recorded, Round
from serving.live.rounds import KEY, Rounds
from serving.store.live_schema import due
from serving.store.schema import about, events, leads, standings
from serving.store.writer import Act, Write

log = structlog.get_logger()

NAME = "rescore"  #: in `about`
LEFT_SECONDS = 300  #: after which a walk that nobody moves on is anybody's
KEEP = text(
    "INSERT INTO about (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
)


def _there(table: Table, *more: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(select(1).where(table.c.lead_id == leads.c.lead_id, *more))


#: leads that may have a score to show: most of an old company's are closed, and have neither a standing nor a mark
TO_SEE = leads.c.merged_into.is_(None) & (
    _there(standings) | _there(due) | ~_there(events, events.c.kind.in_(OUTCOME_KINDS[:2]))
)


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How far it is."""

    started_at: int
    bundle: str  #: of the model that it started with
    by: str  #: "cli" or "service"
    moved_on_at: int
    after: str = ""  #: the last lead that is done
    leads: int = 0  #: looked at so far
    scored: int = 0  #: of these, those that are open
    moved: int = 0  #: to another stage
    banded: int = 0  #: to another band
    offered: int = 0  #: to sales
    finished_at: int | None = None


def last_walk(connection: Connection) -> Walk | None:
    """The walk under way, or the last one that ended."""
    value = connection.execute(select(about.c.value).where(about.c.name == NAME)).scalar()
    return None if value is None else Walk(**orjson.loads(value))


def how_many(connection: Connection) -> int:
    """Leads that a whole walk looks at."""
    return connection.execute(select(func.count()).select_from(leads).where(TO_SEE)).scalar_one()


@dataclass(frozen=True, kw_only=True)
class Walker:
    """Moves a walk on, with one predictor."""

    rounds: Rounds
    by: str
    own: OwnWrites = field(default_factory=OwnWrites)

    def begin(self, now: int) -> Walk:
        """The walk that was left, or a new one."""
        with self.rounds.store.reading() as connection:
            last = last_walk(connection)
        if last is not None and last.finished_at is None:
            return replace(last, by=self.by)
        return Walk(started_at=now, moved_on_at=now, bundle=self.rounds.predictor.bundle.digest, by=self.by)

    def step(self, walk: Walk, now: int, *, most: int) -> Walk:
        """The walk after one more block of leads, each as of `now`.

        Raises:
            StoreUnavailable, StoreFull: the block was not written, and is done again the next time.
        """
        ids = self.ids_after(walk.after, most)
        return self.block(walk, ids, now, lambda: self.rounds.read(ids, now).round) if ids else self.end(walk, now)

    def ids_after(self, after: str, most: int) -> list[str]:
        """The next leads of a walk; none at its end."""
        with self.rounds.store.reading() as connection:
            asked = select(leads.c.lead_id).where(TO_SEE, leads.c.lead_id > after)
            return list(connection.execute(asked.order_by(leads.c.lead_id).limit(most)).scalars())

    def block(self, walk: Walk, ids: Sequence[str], now: int, read: Callable[[], Round]) -> Walk:
        """The walk after this block, which `read` reads and scores as of `now`.

        Raises:
            StoreUnavailable, StoreFull: as `step`.
        """
        ahead = replace(walk, moved_on_at=now, after=ids[-1], leads=walk.leads + len(ids))
        try:
            return self._written(ahead, read(), now)
        except RipenessError:
            raise
        except Exception as error:  # whatever a lead's facts may provoke
            log.error("block_not_scored", error=type(error).__name__, leads=len(ids))
            return self._one_by_one(ahead, ids, now)

    def end(self, walk: Walk, now: int) -> Walk:
        """The walk, now that no lead is left."""
        return self._keep(replace(walk, moved_on_at=now, finished_at=now), now)

    def _written(self, walk: Walk, seen: Round, now: int) -> Walk:
        found = walk

        def keep(write: Write, recorded: Recorded) -> None:
            nonlocal found
            found = _with(walk, recorded)
            _write(write, found)

        self.rounds.write(seen, now, own=self.own, also=keep)
        return found

    def _one_by_one(self, walk: Walk, ids: Sequence[str], now: int) -> Walk:
        for lead_id in ids:
            try:
                recorded = self.rounds.write(self.rounds.read([lead_id], now).round, now, own=self.own)
            except RipenessError:
                raise
            except Exception as error:
                log.error("lead_not_scored", error=type(error).__name__)
            else:
                walk = _with(walk, recorded)
        return self._keep(walk, now)

    def _keep(self, walk: Walk, now: int) -> Walk:
        act = Act(now=now, key_id=KEY, action="rescore", rows=0)
        self.own.note(self.rounds.store.write(lambda write: _write(write, walk), act))
        return walk


def _with(walk: Walk, recorded: Recorded) -> Walk:
    counts = {name: getattr(walk, name) + getattr(recorded, name) for name in ("scored", "moved", "banded", "offered")}
    return replace(walk, **counts)


def _write(write: Write, walk: Walk) -> int:
    write.connection.execute(KEEP, {"name": NAME, "value": orjson.dumps(asdict(walk)).decode()})
    return write.seq


def is_due(last: Walk | None, *, now: int, bundle: str, hour: int, zone: tzinfo) -> bool:
    """Whether the service is to walk: one was left, the model is another, or the night's hour has come; pure.

    A negative `hour` never comes.
    """
    if last is None:
        return True
    if last.finished_at is None:
        return last.by == "service" or now - last.moved_on_at > LEFT_SECONDS * SECOND
    if last.bundle != bundle:
        return True
    return hour >= 0 and last.started_at < _last_time(now, hour, zone)


def _last_time(now: int, hour: int, zone: tzinfo) -> int:
    """The last moment before `now` at which a clock of the zone struck this hour."""
    here = from_micros(now).astimezone(zone)
    struck = datetime.combine(here.date(), time(hour), zone)
    if struck > here:
        struck = datetime.combine(here.date() - timedelta(days=1), time(hour), zone)
    return to_micros(struck)
