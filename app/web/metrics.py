"""Counts and latencies for Prometheus. No text, no addresses; every label comes from a short list of our own words.

Written here in place of the prometheus-client package: three kinds of figure are all it takes, and there is nothing to configure
or to keep up to date.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Protocol

from app.domain import Reply

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
MOST_SERIES = 500  # a label that went wild must not fill the memory

Labels = tuple[str, ...]


class Counter:
    """A count for each combination of labels."""

    def __init__(self, name: str, help_text: str, labels: Sequence[str]) -> None:
        self.name = name
        self.help_text = help_text
        self.labels = tuple(labels)
        self._counts: dict[Labels, int] = {}
        self._lock = Lock()

    def add(self, *values: str, count: int = 1) -> None:
        """Count one, or ``count``."""
        with self._lock:
            if values in self._counts or len(self._counts) < MOST_SERIES:
                self._counts[values] = self._counts.get(values, 0) + count

    def lines(self) -> list[str]:
        """Prometheus text."""
        with self._lock:
            counts = sorted(self._counts.items())
        return [f"{self.name}{_labels(self.labels, values)} {count}" for values, count in counts]

    kind = "counter"


class Histogram:
    """Seconds for each combination of labels, in the buckets of ``BOUNDS``."""

    kind = "histogram"

    def __init__(self, name: str, help_text: str, labels: Sequence[str]) -> None:
        self.name = name
        self.help_text = help_text
        self.labels = tuple(labels)
        self._buckets: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        self._lock = Lock()

    def observe(self, seconds: float, *values: str) -> None:
        """Note one duration."""
        with self._lock:
            if values not in self._buckets:
                if len(self._buckets) >= MOST_SERIES:
                    return
                self._buckets[values] = [0] * (len(BOUNDS) + 1)
                self._sums[values] = 0.0
            self._buckets[values][bisect_left(BOUNDS, seconds)] += 1
            self._sums[values] += seconds

    def lines(self) -> list[str]:
        """Prometheus text; buckets are cumulative."""
        with self._lock:
            series = sorted((values, list(buckets), self._sums[values]) for values, buckets in self._buckets.items())
        lines: list[str] = []
        for values, buckets, total in series:
            running = 0
            for bound, count in zip([*(str(b) for b in BOUNDS), "+Inf"], buckets, strict=True):
                running += count
                lines.append(f"{self.name}_bucket{_labels((*self.labels, 'le'), (*values, bound))} {running}")
            lines.append(f"{self.name}_sum{_labels(self.labels, values)} {total:.6f}")
            lines.append(f"{self.name}_count{_labels(self.labels, values)} {running}")
        return lines


class Gauge:
    """A figure read when it is asked for."""

    kind = "gauge"

    def __init__(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        self.name = name
        self.help_text = help_text
        self.read = read

    def lines(self) -> list[str]:
        """Prometheus text."""
        return [f"{self.name} {self.read():g}"]


class WebMetrics:
    """All figures of the service."""

    def __init__(self) -> None:
        self._replies = Counter("rapport_replies_total", "Replies by status and guard decision.", ("status", "outcome", "category"))
        self._composed = Counter("rapport_composed_total", "Replies by what composed them.", ("composer",))
        self._degraded = Counter(
            "rapport_degraded_total", "Replies that are less than they should be, and why.", ("composer", "code", "fault")
        )
        self._sentences = Counter("rapport_sentences_total", "Sentences of a language model, by what became of them.", ("result",))
        self._reply_seconds = Histogram("rapport_reply_seconds", "Time to a whole reply.", ("status",))
        self._refusals = Counter("rapport_refusals_total", "Questions refused, by reason.", ("reason",))
        self._feedback = Counter("rapport_feedback_total", "Thumbs for replies, and why.", ("rating", "reason"))
        self._requests = Counter("rapport_requests_total", "HTTP requests.", ("method", "route", "status"))
        self._request_seconds = Histogram("rapport_request_seconds", "Time to the end of an HTTP reply.", ("route",))
        self._gauges: list[Gauge] = []

    def gauge(self, name: str, help_text: str, read: Callable[[], float]) -> None:
        """Add a figure that is read when asked for."""
        self._gauges.append(Gauge(name, help_text, read))

    def reply(self, reply: Reply, seconds: float) -> None:
        """Count a whole reply: the bare counter of referrals that laws ask for, what composed it, and what it lacks."""
        self._replies.add(reply.status, reply.guard.outcome.value, reply.guard.category)
        receipt = reply.receipt
        composer = receipt.get("composer", "")
        self._composed.add(composer)
        if "code" in receipt:
            self._degraded.add(composer, receipt["code"], receipt.get("fault", ""))
        if "dropped" in receipt:
            verbatim = int(receipt["verbatim"])
            for result, count in (
                ("shown", int(receipt["sentences"]) - verbatim),
                ("verbatim", verbatim),
                ("dropped", int(receipt["dropped"])),
            ):
                self._sentences.add(result, count=count)
        self._reply_seconds.observe(seconds, reply.status)

    def refusal(self, reason: str) -> None:
        """Count a question that got no reply."""
        self._refusals.add(reason)

    def feedback(self, rating: str, reason: str) -> None:
        """Count a thumb; the reason is "" when none was chosen."""
        self._feedback.add(rating, reason)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count an HTTP request."""
        self._requests.add(method, route, str(status))
        self._request_seconds.observe(seconds, route)

    def _figures(self) -> list[Figure]:
        replies = (self._replies, self._composed, self._degraded, self._sentences, self._reply_seconds)
        return [*replies, self._refusals, self._feedback, self._requests, self._request_seconds, *self._gauges]

    def text(self) -> str:
        """Everything, in Prometheus' text format 0.0.4."""
        lines: list[str] = []
        for figure in self._figures():
            lines += [f"# HELP {figure.name} {figure.help_text}", f"# TYPE {figure.name} {figure.kind}", *figure.lines()]
        return "\n".join(lines) + "\n"


class Figure(Protocol):
    """What can be written out."""

    @property
    def name(self) -> str: ...
    @property
    def help_text(self) -> str: ...
    @property
    def kind(self) -> str: ...
    def lines(self) -> list[str]: ...


def _labels(names: Sequence[str], values: Sequence[str]) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{_escape(value)}"' for name, value in zip(names, values, strict=True)) + "}"


def _escape(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
