"""The index being served, exchanged under load when CURRENT moves.

A user borrows the index for one request. When the pointer has moved, a background thread opens and checks the new build, then exchanges it;
the old one is closed when its last borrower is done. A build that can't be opened leaves the old one in place.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app.errors import IndexUnavailable
from app.retrieve import layout
from app.retrieve.index import Index

Opener = Callable[[], Index]
Stamp = tuple[int, int, int] | None


@dataclass(slots=True)
class _Lease:
    index: Index
    users: int = 0
    retired: bool = False


class IndexHolder:
    """Lends the current index. ``opener`` opens it (``open_current`` with its arguments bound); CURRENT is looked at
    every ``every`` seconds.

    Nothing is opened until ``open()``; after that the holder looks after itself, also when there was no index at first.
    """

    def __init__(self, index_dir: Path, opener: Opener, *, every: float = 1.0, clock: Callable[[], float] = time.monotonic) -> None:
        self._pointer = index_dir / layout.CURRENT
        self._opener, self._every, self._clock = opener, every, clock
        self._lock = threading.Lock()
        self._lease: _Lease | None = None
        self._error: IndexUnavailable | None = None
        self._seen: Stamp = None
        self._next_look = 0.0
        self._opening: threading.Thread | None = None

    @property
    def problem(self) -> IndexUnavailable | None:
        """Why the build that CURRENT names isn't the one served; None when it is."""
        return self._error

    def open(self) -> None:
        """Open now, in this thread. Raises ``IndexUnavailable``; the holder goes on looking all the same."""
        self._next_look = self._clock() + self._every
        self._exchange(self._stamp())
        if self._error is not None and self._lease is None:
            raise self._error

    @contextmanager
    def use(self) -> Iterator[Index]:
        """Borrow the index for one request. Raises ``IndexUnavailable`` when there is none."""
        self._look()
        with self._lock:
            lease = self._lease
            if lease is None:
                raise self._error or IndexUnavailable("The index isn't open yet.", code="index_opening")
            lease.users += 1
        try:
            yield lease.index
        finally:
            self._give_back(lease)

    def close(self) -> None:
        """Stop lending; the index is closed when its last borrower is done."""
        opening = self._opening
        if opening is not None:
            opening.join()
        with self._lock:
            old, self._lease, self._next_look = self._lease, None, float("inf")
            self._error = IndexUnavailable("The server is stopping.", code="index_closed")
        self._retire(old)

    def _look(self) -> None:
        if self._clock() < self._next_look:
            return
        with self._lock:
            if self._clock() < self._next_look or self._opening is not None:
                return
            self._next_look = self._clock() + self._every
            stamp = self._stamp()
            if stamp == self._seen and self._error is None:
                return
            if stamp == self._seen:  # the same build failed before: the Chroma server may be back by now
                self._next_look += 9 * self._every
            self._opening = threading.Thread(target=self._open_beside, args=(stamp,), name="index-opener", daemon=True)
            self._opening.start()

    def _open_beside(self, stamp: Stamp) -> None:
        try:
            self._exchange(stamp)
        finally:
            self._opening = None

    def _exchange(self, stamp: Stamp) -> None:
        try:
            fresh, error = _Lease(self._opener()), None
        except IndexUnavailable as unavailable:
            fresh, error = None, unavailable
        with self._lock:
            self._seen, self._error = stamp, error
            if fresh is None:
                return
            old, self._lease = self._lease, fresh
        self._retire(old)

    def _retire(self, lease: _Lease | None) -> None:
        if lease is None:
            return
        with self._lock:
            lease.retired = True
            idle = lease.users == 0
        if idle:
            lease.index.close()

    def _give_back(self, lease: _Lease) -> None:
        with self._lock:
            lease.users -= 1
            done = lease.retired and lease.users == 0
        if done:
            lease.index.close()

    def _stamp(self) -> Stamp:
        try:
            facts = self._pointer.stat()
        except OSError:
            return None
        return facts.st_ino, facts.st_mtime_ns, facts.st_size
