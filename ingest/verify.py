"""The last look at a build before it is published, in a process of its own: ``python -m ingest.verify FOLDER [CHROMA_URL]``.

It opens the build as the server would and asks it for what it holds. A process of its own, because native code that crashes on a bad file
must not take the caller with it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from app.errors import BuildError, IndexUnavailable
from app.retrieve.index import Index, open_build

SAMPLE = 50
LEXICAL_SAMPLE = 20
SECONDS = 600
_SAME = 0.9999  # cosine of two passages with the same words


def verify_build(folder: Path, chroma_url: str) -> None:
    """Check the build in a fresh process. Raises ``BuildError`` with the reason, also when the process dies or hangs."""
    command = [sys.executable, "-m", "ingest.verify", str(folder.resolve()), chroma_url]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)  # noqa: S603 (ourselves)
    except subprocess.TimeoutExpired:
        raise BuildError("The new build could not be verified in time.", code="verify_failed") from None
    if done.returncode == 1 and done.stdout:
        raise BuildError(f"The new build failed its check: {done.stdout.strip()}", code="verify_failed")
    if done.returncode:
        raise BuildError(f"The check of the new build died (code {done.returncode}).", code="verify_failed")


def faults(index: Index) -> list[str]:
    """What is wrong with an open build, in sentences; empty when nothing is."""
    rows = range(0, index.manifest.passages, max(1, index.manifest.passages // SAMPLE))
    lost = sum(not _finds_itself(index, row) for row in rows)
    found = [f"{lost} of {len(rows)} passages don't find themselves by meaning."] if lost else []
    rows = rows[:: max(1, len(rows) // LEXICAL_SAMPLE)]
    missed = sum(not _finds_its_words(index, row) for row in rows)
    # A passage of words that stand everywhere, or of no words at all, may rank low by right.
    return [*found, f"{missed} of {len(rows)} passages don't find themselves by their words."] if missed > len(rows) / 2 else found


def _finds_itself(index: Index, row: int) -> bool:
    vector = index.vectors[row]
    return any(hit == row or float(index.vectors[hit] @ vector) > _SAME for hit, _ in index.dense(vector, 5))


def _finds_its_words(index: Index, row: int) -> bool:
    return row in (hit for hit, _ in index.lexical.search(index.passage(row).text[:300], 10))


def main(arguments: list[str]) -> int:
    """Verify the folder named; print the reason and return 1 when it fails."""
    folder, chroma_url = Path(arguments[0]), arguments[1] if len(arguments) > 1 else ""
    try:
        index = open_build(folder, chroma_url=chroma_url)
    except IndexUnavailable as error:
        print(error)  # noqa: T201 (read by the caller)
        return 1
    found = faults(index)
    index.close()
    print(" ".join(found))  # noqa: T201 (read by the caller)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
