"""What the service tells Prometheus at `/metrics`, as docs/metrics.md lists it. Nothing in it is about one lead."""

from collections.abc import Iterable, Iterator
from itertools import accumulate

from fastapi import APIRouter, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import ColumnElement, Connection, Table, func, select

from features.clock import SECOND, to_micros
from serving.ingest_lists import known_kinds
from serving.model_source import ModelSource
from serving.routes import Service, allowed
from serving.store.errors import StoreFull, StoreUnavailable
from serving.store.kinds import seen_kinds
from serving.store.live_schema import due, hand_offs
from serving.store.schema import ledger, writes
from serving.traffic import BOUNDS, Counts
from serving.webhooks import outbox
from serving.webhooks.hooks import hooks_of

router = APIRouter(include_in_schema=False)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """All metrics, for a key with the scope `metrics`."""
    service = allowed(request, "metrics")
    registry = CollectorRegistry()
    registry.register(Everything(service, request.app.state.counts))
    return Response(generate_latest(registry), headers={"content-type": CONTENT_TYPE_LATEST})


class Everything(Collector):
    """All metrics, collected when they are asked for."""

    def __init__(self, service: Service, counts: Counts) -> None:
        self._service = service
        self._counts = counts

    def describe(self) -> Iterable[Metric]:
        """Nothing, so that registering doesn't collect."""
        return ()

    def collect(self) -> Iterator[Metric]:
        """The metrics of traffic and model, and of the store as far as it answers."""
        yield from _of_traffic(self._counts)
        yield from _of_models(self._service.models)
        if self._service.store is None:
            return
        yield from _of_store(self._service)


def _of_traffic(counts: Counts) -> Iterator[Metric]:
    requests = CounterMetricFamily("ripeness_requests", "Requests answered.", labels=("route", "method", "status"))
    seconds = HistogramMetricFamily("ripeness_request_seconds", "How long answers took.", labels=("route", "method"))
    by_route: dict[tuple[str, str], tuple[list[int], float]] = {}
    for (route, method, status), served in sorted(counts.served.items()):
        requests.add_metric((route, method, str(status)), sum(served.buckets))
        buckets, total = by_route.get((route, method), ([0] * (len(BOUNDS) + 1), 0.0))
        summed = [a + b for a, b in zip(buckets, served.buckets, strict=True)]
        by_route[route, method] = (summed, total + served.seconds)
    for labels, (buckets, total) in by_route.items():
        names = [*map(str, BOUNDS), "+Inf"]
        seconds.add_metric(labels, list(zip(names, accumulate(buckets), strict=True)), total)
    shed = CounterMetricFamily("ripeness_requests_shed", "Requests refused unseen.", labels=("why",))
    for why, count in counts.shed.items():
        shed.add_metric((why,), count)
    yield from (requests, seconds, shed)
    yield _gauge("ripeness_requests_under_way", "Requests being answered, this one too.", counts.under_way)
    yield _counter("ripeness_scores", "Scores answered by /v1/predict and its batches.", counts.scores)


def _of_models(models: ModelSource) -> Iterator[Metric]:
    status = models.status
    info = GaugeMetricFamily("ripeness_model_info", "The model in service.", labels=("version", "bundle"))
    if status.predictor is not None:
        info.add_metric((status.predictor.version, status.predictor.bundle.digest), 1)
    yield info
    yield _counter("ripeness_models_loaded", "Bundles swapped in.", status.loaded)
    yield _counter("ripeness_bundles_refused", "Bundles refused.", status.refused)
    yield _gauge(
        "ripeness_model_trouble", "1 while the champion can't be had or is refused.", int(bool(status.trouble))
    )


def _of_store(service: Service) -> Iterator[Metric]:
    store = service.store
    assert store is not None  # noqa: S101  # the caller has looked
    yield _gauge("ripeness_writes_waiting", "Writes that wait for a commit.", store.waiting)
    found: list[Metric] = []
    try:
        with store.reading() as connection:
            found = [*_of_living(connection, to_micros(service.now())), *_of_kinds(connection, service)]
            found += _of_webhooks(connection)
    except (StoreUnavailable, StoreFull):
        found = []
    yield from found
    yield _gauge("ripeness_store_healthy", "1 while the database answers.", int(store.healthy))


def _of_living(connection: Connection, now: int) -> Iterator[Metric]:
    count, since = connection.execute(select(func.count(), func.min(due.c.since))).one()
    age = 0.0 if since is None else max(0.0, (now - since) / SECOND)
    yield _gauge("ripeness_due_leads", "Leads whose score is behind.", count)
    yield _gauge("ripeness_due_oldest_seconds", "For how long the first of them is.", age)
    is_open = hand_offs.c.ended_at.is_(None)
    yield _gauge("ripeness_hand_offs_open", "Leads that wait for sales.", _count(connection, hand_offs, is_open))
    late = _count(connection, hand_offs, is_open, hand_offs.c.due_at < now)
    yield _gauge("ripeness_hand_offs_breached", "Those of them that wait for longer than promised.", late)
    last_write, last_score = (connection.execute(select(func.max(c))).scalar() for c in (writes.c.seq, ledger.c.id))
    yield _counter("ripeness_writes", "Writes committed to the database.", last_write or 0)
    yield _counter("ripeness_ledger_rows", "Scores written into the ledger.", last_score or 0)


def _of_kinds(connection: Connection, service: Service) -> Iterator[Metric]:
    mapped = known_kinds(service)
    events = CounterMetricFamily(
        "ripeness_events", "Events taken in, by whether anything knows their kind.", labels=("mapped",)
    )
    kinds = seen_kinds(connection)
    for known in (True, False):
        events.add_metric((str(known).lower(),), sum(k.events for k in kinds if (k.kind in mapped) is known))
    yield events
    unmapped = sum(kind.kind not in mapped for kind in kinds)
    yield _gauge("ripeness_unmapped_kinds", "Kinds of events that nothing knows.", unmapped)


def _of_webhooks(connection: Connection) -> Iterator[Metric]:
    hooks, counts = hooks_of(connection), outbox.counts(connection)
    webhooks = GaugeMetricFamily("ripeness_webhooks", "Webhooks.", labels=("state",))
    webhooks.add_metric(("active",), sum(hook.paused is None for hook in hooks))
    webhooks.add_metric(("paused",), sum(hook.paused is not None for hook in hooks))
    deliveries = GaugeMetricFamily(
        "ripeness_webhook_deliveries", "Deliveries still to be sent, or given up.", labels=("state",)
    )
    for state in ("waiting", "dead"):
        deliveries.add_metric((state,), sum(n for (_, found), n in counts.items() if found == state))
    yield from (webhooks, deliveries)


def _count(connection: Connection, table: Table, *which: ColumnElement[bool]) -> int:
    return connection.execute(select(func.count()).select_from(table).where(*which)).scalar() or 0


def _gauge(name: str, said: str, value: float) -> Metric:
    return GaugeMetricFamily(name, said, value=value)


def _counter(name: str, said: str, value: float) -> Metric:
    return CounterMetricFamily(name, said, value=value)
