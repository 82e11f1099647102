from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from app.errors import IndexUnavailable
from app.retrieve import layout
from app.retrieve.holder import IndexHolder
from app.retrieve.index import Index, open_current
from ingest.publish import Disk, point_at
from tests.index_samples import WordEmbedder

EMBEDDER = WordEmbedder()


def make_holder(index_dir: Path, every: float = 0.0) -> IndexHolder:
    return IndexHolder(index_dir, lambda: open_current(index_dir, EMBEDDER.fingerprint), every=every)


def wait_until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.01)


def served(holder: IndexHolder) -> str:
    with holder.use() as index:
        return index.name


def test_serves_the_new_build_when_the_pointer_moves(index_dir: Path) -> None:
    current, before = layout.published_names(index_dir)
    holder = make_holder(index_dir)
    holder.open()
    assert served(holder) == current
    point_at(index_dir, before, Disk())
    wait_until(lambda: served(holder) == before)
    holder.close()


def test_20_swaps_under_20_threads_lose_no_query(index_dir: Path) -> None:
    names = layout.published_names(index_dir)
    holder = make_holder(index_dir)
    holder.open()
    stop = threading.Event()
    errors: list[BaseException] = []
    answers = [0] * 20

    def ask(number: int) -> None:
        try:
            while not stop.is_set():
                with holder.use() as index:
                    row = (number * 7 + answers[number]) % index.manifest.passages
                    assert index.dense(index.vectors[row], 5)[0][0] == row
                    passage = index.passage(row)
                    assert row in [hit for hit, _ in index.lexical.search(passage.text, 5)]
                    assert len(index.sentences(row)[0]) == len(passage.sentences)
                answers[number] += 1
                time.sleep(0.002)
        except BaseException as error:  # noqa: BLE001 (whatever it is, the test must show it)
            errors.append(error)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    opened: list[Index] = []
    for swap in range(20):
        wanted = names[(swap + 1) % 2]
        point_at(index_dir, wanted, Disk())
        wait_until(lambda wanted=wanted: served(holder) == wanted)  # type: ignore[misc]
        with holder.use() as index:
            opened.append(index)
    stop.set()
    for thread in threads:
        thread.join()
    holder.close()
    assert not errors
    assert min(answers) > 20
    assert len({id(index) for index in opened}) == 20


def test_the_old_index_is_closed_when_its_last_user_is_done(index_dir: Path) -> None:
    current, before = layout.published_names(index_dir)
    holder = make_holder(index_dir)
    holder.open()
    with holder.use() as old:
        point_at(index_dir, before, Disk())
        wait_until(lambda: served(holder) == before)
        assert old.name == current
        assert old.dense(old.vectors[2], 1)[0][0] == 2
        assert old.passage(99).article
    with pytest.raises(Exception, match="closed"):
        old.content.ids()
    holder.close()


def test_a_build_that_can_not_be_opened_leaves_the_old_one(index_dir: Path) -> None:
    current, before = layout.published_names(index_dir)
    holder = IndexHolder(index_dir, lambda: _only(index_dir, current), every=0)
    holder.open()
    point_at(index_dir, before, Disk())
    wait_until(lambda: served(holder) == current and holder.problem is not None)
    assert served(holder) == current
    holder.close()


def _only(index_dir: Path, name: str) -> Index:
    index = open_current(index_dir)
    if index.name != name:
        index.close()
        raise IndexUnavailable("Not this one.", code="test")
    return index


def test_an_index_that_comes_later_is_found(index_dir: Path) -> None:
    pointer = index_dir / layout.CURRENT
    name = pointer.read_text("ascii")
    pointer.unlink()
    holder = make_holder(index_dir)
    with pytest.raises(IndexUnavailable, match="There is no index"):
        holder.open()
    with pytest.raises(IndexUnavailable, match="There is no index"), holder.use():
        pass
    pointer.write_text(name, "ascii")

    def found() -> bool:
        try:
            return served(holder) == name.strip()
        except IndexUnavailable:
            return False

    wait_until(found)
    assert holder.problem is None
    holder.close()


def test_a_failed_opening_is_tried_again_though_the_pointer_stands_still(index_dir: Path) -> None:
    tries: list[int] = []

    def opener() -> Index:
        tries.append(1)
        if len(tries) < 3:
            raise IndexUnavailable("The Chroma server can't be reached.", code="chroma_unreachable")
        return open_current(index_dir)

    clock = iter(range(0, 100_000, 10))
    holder = IndexHolder(index_dir, opener, every=1, clock=lambda: float(next(clock)))
    with pytest.raises(IndexUnavailable):
        holder.open()

    def found() -> bool:
        try:
            return bool(served(holder))
        except IndexUnavailable:
            return False

    wait_until(found)
    assert len(tries) == 3
    holder.close()


def test_the_pointer_is_looked_at_no_more_than_once_a_period(index_dir: Path) -> None:
    current, before = layout.published_names(index_dir)
    now = [0.0]
    holder = IndexHolder(index_dir, lambda: open_current(index_dir), every=1, clock=lambda: now[0])
    holder.open()
    point_at(index_dir, before, Disk())
    now[0] = 0.9
    for _ in range(50):
        assert served(holder) == current
    now[0] = 1.1
    wait_until(lambda: served(holder) == before)
    holder.close()


def test_closed_means_closed(index_dir: Path) -> None:
    holder = make_holder(index_dir)
    holder.open()
    holder.close()
    with pytest.raises(IndexUnavailable, match="stopping"), holder.use():
        pass


def test_nothing_is_lent_before_it_is_opened(index_dir: Path) -> None:
    holder = IndexHolder(index_dir, lambda: open_current(index_dir), clock=lambda: -1.0)
    with pytest.raises(IndexUnavailable, match="isn't open yet"), holder.use():
        pass
