from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import cli

ROOT = Path(__file__).parents[2]
RAPPORT = [sys.executable, "-m", "app"]


def rapport(*arguments: str, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*RAPPORT, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | environment,
        timeout=120,
        check=False,
    )


def test_every_command_of_the_contract_has_help() -> None:
    for command in ("serve", "ingest", "ask", "search", "screen", "eval", "bench", "check", "models"):
        done = CliRunner().invoke(cli, [command, "--help"])
        assert done.exit_code == 0, command
        assert "Usage" in done.output


def test_ask_prints_the_reply_as_the_service_gives_it() -> None:
    done = rapport("ask", "what happens in the first session?", "--json")
    assert done.returncode == 0, done.stderr
    reply = json.loads(done.stdout)
    assert reply["status"] == "answered"
    assert set(reply) >= {"id", "status", "text", "blocks", "citations", "suggestions", "guard", "receipt"}
    plain = rapport("ask", "what happens in the first session?")
    assert reply["blocks"][0]["text"] in plain.stdout


def test_search_prints_ranked_passages() -> None:
    results = json.loads(rapport("search", "sliding scale", "-k", "3", "--json").stdout)["results"]
    assert len(results) == 3
    assert [row["score"] for row in results] == sorted((row["score"] for row in results), reverse=True)


def test_screen_answers_each_line_and_never_fails() -> None:
    lines = [
        '{"id": 1, "text": "what does therapy cost?"}',
        '{"id": "b", "text": "I want to kill myself"}',
        "not json",
        '{"id": 3, "history": [{"role": "user", "content": "I want to die"}], "text": "jk"}',
    ]
    done = rapport("screen", stdin="\n".join(lines) + "\n")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["id"] for row in rows] == [1, "b", None, 3]
    assert [row["outcome"] for row in rows][:2] == ["pass", "crisis"]
    assert rows[3]["outcome"] == "crisis"
    assert all(set(row) == {"id", "outcome", "category", "layer"} for row in rows)


def test_without_an_index_a_question_fails_with_one_sentence_and_danger_is_still_met(tmp_path: Path) -> None:
    done = rapport("ask", "what is cbt?", "--index", str(tmp_path / "none"))
    assert done.returncode == 4
    assert "Run: rapport ingest" in done.stderr
    assert "Traceback" not in done.stderr
    assert "988" in rapport("ask", "I want to kill myself", "--region", "US", "--index", str(tmp_path / "none")).stdout


def test_a_wrong_setting_ends_with_code_2() -> None:
    done = rapport("ask", "hello", PORT="none")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_ingest_reports_what_it_set_aside(tmp_path: Path) -> None:
    folder = tmp_path / "articles"
    folder.mkdir()
    (folder / "good.md").write_text("---\ntitle: Trust\n---\n\n## What is trust?\n\nTrust grows when a therapist keeps promises.\n")
    (folder / "empty.md").write_text("")
    index = str(tmp_path / "index")
    done = rapport("ingest", str(folder), "--index", index)
    assert done.returncode == 1
    assert "empty.md (empty)" in done.stderr
    assert "1 articles" in done.stdout
    status = json.loads(rapport("ingest", "--status", "--json", "--index", index).stdout)
    assert status[0]["current"]
    assert status[0]["articles"] == 1
    (folder / "empty.md").unlink()
    again = rapport("ingest", str(folder), "--index", index, "--json")
    assert json.loads(again.stdout)["articles"] == 1
    assert again.returncode == 0


def test_serving_never_imports_torch_nor_the_parsers() -> None:
    code = (
        "import sys; from app.settings import load; from app.wiring import build; from app.web.main import create_app;"
        "from app.domain import Conversation; r = build(load(), wait=True); create_app(r); r.answer(Conversation('what is cbt?'));"
        "heavy = ('torch', 'sentence_transformers', 'transformers', 'ingest', 'evals', 'langchain_core', 'sklearn');"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.slow
def test_the_commands_of_the_readme_work() -> None:
    text = (ROOT / "README.md").read_text("utf-8")
    commands = [line.strip() for line in text.splitlines() if line.startswith("    .venv/bin/rapport ") and "my-articles" not in line]
    assert len(commands) >= 4
    for command in commands:
        if "--rollback" in command:
            continue  # would change the index that other tests read
        words = [word.strip('"') for word in re.findall(r'"[^"]*"|\S+', command)][1:]
        done = rapport(*words)
        assert done.returncode == 0, f"{command}: {done.stderr}"
