"""``python -m evals.bench.written``: written answers by a small model that nobody scripted, over the whole path.

Fetches the model as package data (``chat_models.toml``), serves it on loopback, asks questions of ``evals/suites/answers-dev.csv`` and
counts what became of each line that it wrote: passed every check, or dropped, and why. ``--read`` writes every sentence beside its
quote, shown and dropped, for a person to read: that a sentence passed is what is to be judged, not what is known. ``--keep`` notes what
the model wrote, and goes on where an earlier run was stopped; ``--replay`` checks such notes again, without a model.
"""

from __future__ import annotations

import argparse
import csv
import json
import statistics
import sys
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from app.compose.written import Chat, Draft, Material, Sentence, Writer
from app.domain import Conversation, Reply
from app.errors import SettingsError
from app.settings import Settings, Written, load
from app.text import plain
from app.wiring import Rapport
from evals.bench.chat_models import chat_models, get_runtime, get_weights, served
from evals.intervals import in_words

NOTES = Path(__file__).with_name("written_answers.json")
SUITE = Path(__file__).parents[1] / "suites" / "answers-dev.csv"
PATIENCE = 900.0  # seconds: a slow machine is not what is measured


@dataclass
class Asked:
    """One question: what the model wrote, what of it passed, why the rest was dropped, and the reply that came of it."""

    question: str
    reply: Reply | None = None
    raw: str = ""
    passed: list[Sentence] = field(default_factory=list)  # those in the article's own words too
    dropped: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    first_word: float | None = None

    @property
    def written(self) -> bool:
        """Whether the reply was prose; else it was quotes, or a decline before the model was asked."""
        return self.reply is not None and self.reply.receipt.get("composer") == "written"


class Watched(Writer):
    """A writer that notes what the model wrote and what passed. It changes nothing."""

    def __init__(self, writer: Writer) -> None:
        self.__dict__ = dict(writer.__dict__)
        self.chat = _Heard(writer.chat, self)
        self.asked = Asked("")

    def draft(self, material: Material) -> Draft:
        """The same draft, listened to."""
        draft = super().draft(material)
        checked = draft.checked

        def noted(line: str) -> list[Sentence]:
            passed = checked(line)
            self.asked.passed += passed
            self.asked.dropped = Counter(draft.dropped)
            return passed

        draft.checked = noted  # type: ignore[method-assign]
        return draft


class _Heard:
    def __init__(self, chat: Chat, watched: Watched) -> None:
        self._chat, self._watched = chat, watched
        self.name = chat.name

    @property
    def problem(self) -> str:
        return self._chat.problem

    async def stream(self, system: str, user: str, *, seconds: float = PATIENCE, most_tokens: int | None = None) -> AsyncGenerator[str]:
        began = time.monotonic()
        async with aclosing(self._chat.stream(system, user, seconds=seconds, most_tokens=most_tokens)) as pieces:
            async for piece in pieces:
                if self._watched.asked.first_word is None:
                    self._watched.asked.first_word = time.monotonic() - began
                self._watched.asked.raw += piece
                yield piece


class Recorded:
    """Says what a model wrote, by the question that stands last in the prompt."""

    name, problem = "recorded", ""

    def __init__(self, wrote: Mapping[str, str], asked: Callable[[], str]) -> None:
        self._wrote, self._asked = wrote, asked

    async def stream(self, system: str, user: str, **_limits: Any) -> AsyncGenerator[str]:  # noqa: ARG002 - it has heard it all
        yield self._wrote.get(self._asked(), "NOTHING")


def settings_for(base_url: str, passages: int, most_tokens: int, **more: Any) -> Settings:
    """The settings as they are, with this model and patience; quotes mode's own limits don't apply to a benchmark."""
    slow = Written(
        first_byte_seconds=PATIENCE, gap_seconds=PATIENCE, total_seconds=PATIENCE, max_tokens=most_tokens, passages=passages
    )  # fmt: skip
    limits = load().limits.model_copy(update={"reply_seconds": PATIENCE + 30})
    return load(model="openai:small", model_base_url=base_url, written=slow, limits=limits, **more)


def questions(count: int, path: Path = SUITE) -> list[str]:
    """``count`` questions without a history, spread evenly over the suite."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row["question"] for row in csv.DictReader(file) if not row["history"]]
    return [rows[place * len(rows) // count] for place in range(min(count, len(rows)))]


def run(
    settings: Settings,
    asked: Sequence[str],
    read: Path | None = None,
    keep: Path | None = None,
    replay: Mapping[str, str] | None = None,
) -> list[Asked]:
    """Asks one question after the other; ``read`` and ``keep`` are rewritten after each, so that nothing is lost when it is stopped.

    With ``replay``, what a model wrote by question, no model is asked.
    """
    rapport = Rapport(settings)
    rapport.open()
    pipeline = rapport._pipeline
    if pipeline.writer is None:
        raise SettingsError("model: no language model is set.")
    watched = pipeline.writer = Watched(pipeline.writer)
    if replay is not None:
        watched.chat = _Heard(Recorded(replay, lambda: watched.asked.question), watched)
    notes = kept(keep) if keep is not None else {}
    done: list[Asked] = []
    try:
        for question in asked:
            if question in notes:
                continue
            watched.asked = one = Asked(question)
            began = time.monotonic()
            one.reply = rapport.answer(Conversation(question))
            one.seconds = time.monotonic() - began
            done.append(one)
            if sys.stderr.isatty() or read is not None:
                print(f"{len(done)} of {len(asked)}: {one.seconds:.0f} s", file=sys.stderr)  # noqa: T201 - progress
            if read is not None:
                read.write_text(for_reading(done), "utf-8")
            if keep is not None:
                notes[question] = {"wrote": one.raw, "first_word": one.first_word, "seconds": round(one.seconds, 1)}
                keep.write_text(json.dumps(notes, indent=1, ensure_ascii=False) + "\n", "utf-8")
    finally:
        rapport.close()
    return done


def kept(path: Path) -> dict[str, dict[str, Any]]:
    """What a model wrote, by question; empty when there is no such file."""
    return dict(json.loads(path.read_text("utf-8"))) if path.is_file() else {}


def figures(done: Sequence[Asked]) -> dict[str, Any]:
    """Counts over all questions. A sentence that passed alone was not shown: one is no answer."""
    tried = [one for one in done if one.raw]
    own = sum(sentence.own for one in tried for sentence in one.passed)
    verbatim = sum(not sentence.own for one in tried for sentence in one.passed)
    copied = sum(sentence.own and _same(sentence) for one in tried for sentence in one.passed)
    dropped = sum((one.dropped for one in tried), Counter[str]())
    prose = [one for one in tried if one.written]
    words = [one.first_word for one in tried if one.first_word is not None]
    faults = Counter(one.reply.receipt["fault"] for one in done if one.reply is not None and one.reply.receipt.get("fault"))
    return {
        "questions": len(done),
        "asked_of_the_model": len(tried),
        "lines_or_sentences": own + dropped.total(),
        "passed": own,
        "passed_word_for_word": copied,
        "in_the_articles_words": verbatim,
        "dropped": dict(dropped.most_common()),
        "answers_in_prose": len(prose),
        "answers_in_quotes": len(tried) - len(prose),
        "sentences_shown": sum(int(one.reply.receipt["sentences"]) for one in prose if one.reply is not None),
        "faults": dict(faults),
        "first_word_p50_s": round(statistics.median(words), 1) if words else None,
        "answer_p50_s": round(statistics.median(one.seconds for one in tried), 1) if tried else None,
    }


def _same(sentence: Sentence) -> bool:
    """Whether a sentence is its quote."""
    return plain(sentence.text).rstrip(".") == plain(sentence.citation.quote).rstrip(".")


def describe(found: dict[str, Any]) -> str:
    """The figures in words."""
    reasons = ", ".join(f"{reason} {count}" for reason, count in found["dropped"].items())
    return "\n".join(
        (
            f"questions that the model was asked: {found['asked_of_the_model']} of {found['questions']}",
            f"lines that passed every check: {in_words(found['passed'], found['lines_or_sentences'])}",
            f"of these its quotes, word for word: {found['passed_word_for_word']}",
            f"dropped: {reasons or 'none'}; in their place, in the article's words: {found['in_the_articles_words']}",
            f"answers in prose: {in_words(found['answers_in_prose'], found['asked_of_the_model'])}; the others in quotes",
            f"seconds to the model's first word: {found['first_word_p50_s']}; to the whole answer: {found['answer_p50_s']} (medians)",
        )
    )


def for_reading(done: Sequence[Asked]) -> str:
    """Markdown: each sentence that passed beside its quote, then what the model wrote, letter for letter."""
    parts = []
    for number, one in enumerate(done, start=1):
        mode = "prose" if one.written else "quotes"
        status = one.reply.status if one.reply else "?"
        head = f"## {number}. {one.question}\n\n{status}, {mode}, {one.seconds:.0f} s, dropped: {dict(one.dropped)}\n"
        said = [f"- {sentence.text}\n  - quote: {sentence.citation.quote!r} ({sentence.citation.article})" for sentence in one.passed]
        raw = "\n".join(f"    {line}" for line in one.raw.splitlines())
        parts.append("\n".join([head, *said, "", "What the model wrote:", "", raw, ""]))
    return "\n".join(parts)


def main() -> None:
    """The command line."""
    known = chat_models()
    parser = argparse.ArgumentParser(description="Written answers by a small model that nobody scripted.")
    parser.add_argument("--model", choices=list(known), default="qwen2_5-coder-1_5b")
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--passages", type=int, default=Written().passages, help="Passages that the model is given.")
    parser.add_argument("--tokens", type=int, default=500, help="Longest answer of the model.")
    parser.add_argument("--threads", type=int, default=2, help="Threads of the model's server.")
    parser.add_argument("--read", type=Path, help="Where every sentence is written beside its quote.")
    parser.add_argument("--keep", type=Path, help="Where what the model wrote is noted; questions that stand there are not asked again.")
    parser.add_argument("--replay", type=Path, nargs="?", const=NOTES, help="Check what was noted again, without a model.")
    given = parser.parse_args()
    if given.replay is not None:
        wrote = {question: str(note["wrote"]) for question, note in kept(given.replay).items()}
        settings = settings_for("http://127.0.0.1:9/v1", given.passages, given.tokens, threads=1)
        _tell(figures(run(settings, list(wrote), given.read, replay=wrote)))
        return
    folder = load().models_dir / "chat"

    def say(text: str) -> None:
        print(text, file=sys.stderr)  # noqa: T201 - progress

    weights, runtime = get_weights(known[given.model], folder, say), get_runtime(folder, say)
    with served(weights, runtime, given.threads) as base_url:
        settings = settings_for(base_url, given.passages, given.tokens, threads=1)
        _tell(figures(run(settings, questions(given.questions), given.read, given.keep)))


def _tell(found: dict[str, Any]) -> None:
    print(json.dumps(found))  # noqa: T201 - the result
    print(describe(found))  # noqa: T201


if __name__ == "__main__":
    main()
