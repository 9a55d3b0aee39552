"""Numbers for Prometheus, on a registry of this console's own. No label ever names a person or a case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlmodel import Session

from console.counts import queue_counts
from console.errors import Forbidden, TooLarge
from integrations.database import current_time
from integrations.desk.overview import account_overview
from integrations.kit import Kit
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
    """What waits in each queue, at the moment of the scrape; children by where they stand.

    To count many children takes seconds: then they are those of the clock's last account (`desk.overview`).
    """

    def __init__(self, kit: Kit) -> None:
        self._kit = kit

    def collect(self) -> Iterable[Metric]:
        with self._kit.transaction() as session:
            now = current_time(session)
            queues = _queues(session, now)
        return [*_children(account_overview(self._kit, now=now), now), *queues]


def _children(account: Mapping[str, Any], now: datetime) -> list[Metric]:
    family = GaugeMetricFamily(
        "kinline_children", "Released children, by what accounts for them.", labels=["by"]
    )
    for state, count in account["by_state"].items():
        family.add_metric([state], count)
    for alarm in ("silent", "unanswered"):
        family.add_metric([alarm], len(account[alarm]))
    age = GaugeMetricFamily("kinline_account_age_seconds", "How long ago these children were counted.")
    age.add_metric([], (now - datetime.fromisoformat(account["as_of"])).total_seconds())
    return [family, age]


def _queues(session: Session, now: datetime) -> list[Metric]:
    waiting = GaugeMetricFamily("kinline_queue_items", "What waits in a queue.", labels=["queue"])
    overdue = GaugeMetricFamily("kinline_queue_overdue", "What waits there past its time.", labels=["queue"])
    for queue in queue_counts(session, now=now):
        waiting.add_metric([queue.name], queue.waiting)
        overdue.add_metric([queue.name], queue.overdue)
    return [waiting, overdue]
