from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from app.errors import IndexDamaged, IndexUnavailable
from app.retrieve import layout
from app.retrieve.index import Index, open_build, open_current
from app.settings import Settings
from ingest.build import build
from tests.index_samples import WordEmbedder, make_article, make_articles

EMBEDDER = WordEmbedder()


@pytest.fixture(scope="module")
def index(two_builds: Path) -> Iterator[Index]:
    opened = open_current(two_builds, EMBEDDER.fingerprint)
    yield opened
    opened.close()


def test_rows_are_shared_by_everything(index: Index) -> None:
    cards = index.articles()
    assert index.vectors.shape == (100, EMBEDDER.dimension)
    assert index.heads.shape == (25, EMBEDDER.dimension)
    for row in range(100):
        passage = index.passage(row)
        assert cards[index.article_row_of[row]].slug == passage.article
        np.testing.assert_allclose(index.vectors[row], EMBEDDER.passages([passage.text])[0], atol=1e-6)
        (nearest, cosine), *_ = index.dense(index.vectors[row], 1)
        assert (nearest, round(cosine, 4)) == (row, 1)
        assert index.lexical.search(passage.text, 1)[0][0] == row


def test_articles_are_whole(index: Index) -> None:
    expected = {article.slug: article for article in make_articles(25)}
    assert [card.slug for card in index.articles()] == sorted(expected)
    assert {slug: index.article(slug) for slug in expected} == expected
    assert index.article("nothing") is None


def test_sentences_are_the_passages_own(index: Index) -> None:
    for row in range(100):
        passage = index.passage(row)
        spans, vectors = index.sentences(row)
        article = index.article(passage.article)
        assert article is not None
        assert spans == passage.sentences
        assert len(spans) == len(vectors) > 0
        texts = [article.text[span.start : span.end] for span in spans]
        cosines = (vectors * EMBEDDER.passages(texts)).sum(1)
        assert np.abs(cosines - 1).max() < 1e-3
        assert vectors.dtype == np.float32


def test_questions_point_at_what_answers_them(index: Index) -> None:
    questions = index.questions
    assert len(questions.vectors) == 25 * (1 + 4)
    for i in range(len(questions.vectors)):
        rows = range(questions.starts[i], questions.stops[i])
        passages = index.passages(rows)
        assert {int(index.article_row_of[row]) for row in rows} == {int(questions.articles[i])}
        article = index.article(passages[0].article)
        assert article is not None
        if questions.headings[i]:
            texts = {passage.section for passage in passages}
        else:
            texts = set(article.questions)
            assert len(rows) == 4
        assert len(texts) == 1
        np.testing.assert_allclose(questions.vectors[i], EMBEDDER.queries([texts.pop()])[0], atol=1e-6)


def test_heads_are_halfway_between_the_opening_and_the_mean_passage(index: Index) -> None:
    for row, card in enumerate(index.articles()):
        article = index.article(card.slug)
        assert article is not None
        opening = EMBEDDER.passages([f"{article.title}\n{article.summary}\n{article.text[:800]}"])[0]
        mean = index.vectors[index.article_row_of == row].mean(0)
        np.testing.assert_allclose(index.heads[row], (opening + mean / np.linalg.norm(mean)) / 2, atol=1e-6)


def test_a_whole_index_is_not_degraded(index: Index, two_builds: Path) -> None:
    assert not index.degraded
    assert index.problem == ""
    assert index.name == layout.current_name(two_builds)


def test_opening_changes_nothing_in_the_build(index_dir: Path) -> None:
    before = {path: path.read_bytes() for path in index_dir.rglob("*") if path.is_file()}
    for _ in range(2):
        opened = open_current(index_dir)
        opened.dense(opened.vectors[0], 5)
        opened.lexical.search("grief", 5)
        opened.close()
        opened.close()
    assert {path: path.read_bytes() for path in index_dir.rglob("*") if path.is_file()} == before


def test_no_index_yet(tmp_path: Path) -> None:
    with pytest.raises(IndexUnavailable, match="There is no index") as caught:
        open_current(tmp_path)
    assert caught.value.code == "index_missing"


@pytest.mark.parametrize("pointer", ["", "../../etc", "0" * 15, "ffffffffffffffff", "\x00\xff"])
def test_a_pointer_to_nothing(tmp_path: Path, pointer: str) -> None:
    (tmp_path / layout.CURRENT).write_text(pointer, "utf-8")
    with pytest.raises(IndexUnavailable):
        open_current(tmp_path)


def test_another_model_is_refused(two_builds: Path) -> None:
    with pytest.raises(IndexUnavailable, match=r"another embedding model \(words\)") as caught:
        open_current(two_builds, "another")
    assert caught.value.code == "index_foreign_model"


def test_a_chroma_server_must_be_set_where_it_was_used(two_builds: Path) -> None:
    with pytest.raises(IndexUnavailable, match="isn't on the Chroma server"):
        open_current(two_builds, chroma_url="http://127.0.0.1:9")


def test_falls_back_to_the_build_before(index_dir: Path) -> None:
    names = layout.published_names(index_dir)
    (layout.build_folder(index_dir, names[0]) / layout.CONTENT).unlink()
    opened = open_current(index_dir, EMBEDDER.fingerprint)
    assert opened.name == names[1]
    assert opened.degraded
    assert layout.CONTENT in opened.problem
    assert len(opened.articles()) == 20
    opened.close()


def test_falls_back_to_a_later_build_when_a_rolled_back_one_is_damaged(index_dir: Path) -> None:
    later, served = layout.published_names(index_dir)
    (index_dir / layout.CURRENT).write_text(served, "ascii")
    (layout.build_folder(index_dir, served) / layout.PASSAGES).unlink()
    opened = open_current(index_dir)
    assert (opened.name, opened.degraded) == (later, True)
    opened.close()


def test_nothing_good_left(index_dir: Path) -> None:
    for name in layout.published_names(index_dir):
        (layout.build_folder(index_dir, name) / layout.CONTENT).unlink()
    with pytest.raises(IndexDamaged, match=layout.CONTENT):
        open_current(index_dir)


def test_a_changed_model_makes_a_build_that_the_old_server_refuses_and_falls_back_from(index_dir: Path) -> None:
    build(make_articles(25), Settings(index_dir=index_dir), WordEmbedder(fingerprint="fedcba9876543210"))
    opened = open_current(index_dir, EMBEDDER.fingerprint)
    assert opened.degraded
    assert "another embedding model" in opened.problem
    opened.close()


def test_serves_from_a_read_only_folder(index_dir: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.retrieve.index import open_current\n"
        "folder = Path(sys.argv[1])\n"
        "try: (folder / 'probe').touch()\n"
        "except PermissionError: print('read-only')\n"
        "index = open_current(folder)\n"
        "assert index.dense(index.vectors[3], 1)[0][0] == 3 and index.lexical.search(index.passage(3).text, 1)[0][0] == 3\n"
        "index.close()"
    )
    # Root writes anywhere: without these capabilities the mode bits hold for it too.
    as_others = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner", "--"] if os.getuid() == 0 else []
    subprocess.run(["chmod", "-R", "a-w", str(index_dir)], check=True)
    try:
        done = subprocess.run([*as_others, sys.executable, "-c", program, str(index_dir)], capture_output=True, text=True, check=False)
    finally:
        subprocess.run(["chmod", "-R", "u+w", str(index_dir)], check=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "read-only\n"


def test_opens_without_torch_or_chromas_client(two_builds: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from app.retrieve.index import open_current\n"
        f"open_current(Path({str(two_builds)!r})).close()\n"
        "print([name for name in ('torch', 'chromadb', 'ingest', 'sentence_transformers') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_an_article_without_questions_or_sections(tmp_path: Path) -> None:
    article = make_article(1, sections=1)
    plain = type(article)(article.slug, article.title, article.text, article.blocks[1:])
    build([plain], Settings(index_dir=tmp_path), EMBEDDER)
    opened = open_build(layout.build_folder(tmp_path, layout.current_name(tmp_path)))
    assert opened.manifest.passages == 1
    assert len(opened.questions.vectors) == 0
    opened.close()
