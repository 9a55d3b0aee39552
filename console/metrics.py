"""Numbers for Prometheus, on a registry of this console's own. No label ever names a person or a case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session

from console.counts import queue_counts
from console.errors import Forbidden, TooLarge
from integrations.database import current_time
from integrations.kit import Kit
from integrations.store.accounting import take_account
from models.errors import BadInput, NotFound

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counts what comes in; children and queues are read from the database when somebody asks."""

    def __init__(self, kit: Kit) -> None:
        self._registry = CollectorRegistry()
        self._webhooks = Counter(
            "kinline_webhooks", "Webhook requests.", ["kind", "result"], registry=self._registry
        )
        self._registry.register(_Stock(kit))

    def text(self) -> bytes:
        return generate_latest(self._registry)

    @contextmanager
    def webhook(self, kind: str, *, ends: bool = True) -> Iterator[None]:
        """Counts one webhook by how it goes. `ends` is False while only its signature is looked at."""
        try:
            yield
        except Exception as err:
            self._webhooks.labels(kind, _result(err)).inc()
            raise
        if ends:
            self._webhooks.labels(kind, "accepted").inc()


def _result(err: Exception) -> str:
    if isinstance(err, Forbidden):
        return "refused"
    if isinstance(err, NotFound):
        return "unknown"
    return "bad" if isinstance(err, BadInput | TooLarge) else "error"


class _Stock(Collector):
    """Children by where they stand, and what waits in each queue, at the moment of the scrape."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def collect(self) -> Iterable[Metric]:
        with self._kit.transaction() as session:
            now = current_time(session)
            return [_children(session, now), *_queues(session, now)]


def _children(session: Session, now: datetime) -> Metric:
    account = take_account(session, now=now)
    family = GaugeMetricFamily(
        "kinline_children", "Released children, by what accounts for them.", labels=["by"]
    )
    for state, count in account.by_state.items():
        family.add_metric([state], count)
    family.add_metric(["silent"], len(account.silent))
    family.add_metric(["unanswered"], len(account.unanswered))
    return family


def _queues(session: Session, now: datetime) -> list[Metric]:
    waiting = GaugeMetricFamily("kinline_queue_items", "What waits in a queue.", labels=["queue"])
    overdue = GaugeMetricFamily("kinline_queue_overdue", "What waits there past its time.", labels=["queue"])
    for queue in queue_counts(session, now=now):
        waiting.add_metric([queue.name], queue.waiting)
        overdue.add_metric([queue.name], queue.overdue)
    return [waiting, overdue]
