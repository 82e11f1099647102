"""A language model's opinion beside the checks, where someone configures one: shown, labelled so, and never part of a verdict or a gate.

The suite's question, the reply and its quotes go to that model's vendor; nothing else does. One call a case, no retry.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from evals.cases import Case, SuiteError
from evals.records import Check, Outcome, Result
from evals.run import Judge

PROMPT_FILE = Path(__file__).parent / "prompts" / "judge.md"
LONGEST_OPINION = 300
SECONDS = 30
_WORDS: dict[str, Result] = {"GOOD": "pass", "POOR": "fail"}


def open_judge(name: str) -> Judge:
    """A judge by LangChain's model name, such as ``ollama:llama3``. Raises ``SuiteError`` naming the package that is missing."""
    try:
        from langchain.chat_models import init_chat_model  # an extra: only where a judge is asked for

        model = init_chat_model(name, temperature=0, timeout=SECONDS, max_retries=0)
    except ImportError as error:
        raise SuiteError(
            f"--judge needs the package {(error.name or 'langchain').replace('_', '-')}: install it, or leave out --judge."
        ) from None
    except ValueError:
        raise SuiteError("--judge takes a provider and a model, such as ollama:llama3 or openai:gpt-4o-mini.") from None
    return make_judge(lambda prompt: str(model.invoke(prompt).text), name)


def make_judge(ask: Callable[[str], str], name: str) -> Judge:
    """A judge from any function of a prompt; what it can't say in the asked form is unknown."""
    prompt = PROMPT_FILE.read_text("utf-8")

    def opinion(case: Case, outcome: Outcome) -> Check | None:
        reply = outcome.reply
        if reply is None or not reply.citations:
            return None
        quotes = "\n".join(f"[{citation.n}] {citation.quote}" for citation in reply.citations)
        try:
            said = ask(_filled(prompt, case.question, reply.text, quotes))
        except Exception as error:  # noqa: BLE001  # vendors raise anything; an opinion is never worth a run, and the text may hold the question
            return Check("judge", "unknown", f"{name} gave no opinion ({type(error).__name__}).", "opinion")
        word, _, why = said.strip().partition("\n")
        result = _WORDS.get(word.strip(" .*#:").upper(), "unknown")
        return Check("judge", result, f"{name}: {' '.join(why.split())[:LONGEST_OPINION] or word[:LONGEST_OPINION]}", "opinion")

    return opinion


def _filled(prompt: str, question: str, reply: str, quotes: str) -> str:
    """The prompt with the data in its places; a line of equals signs in the data can't end its part."""
    parts = {"{question}": question, "{reply}": reply, "{quotes}": quotes}
    for place, text in parts.items():
        head, _, tail = prompt.partition(place)
        prompt = head + text.replace("=====", "= = =").replace("{", "(").replace("}", ")") + tail
    return prompt
