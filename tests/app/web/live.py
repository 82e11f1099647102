"""The fake service in a process of its own: ``python -m tests.app.web.live '{"port": 8123, "pause": 1.0}'``."""

from __future__ import annotations

import json
import sys

from app.settings import Settings
from app.web.server import serve
from tests.app.web.fakes import FakeRapport

LIMITS = {"per_minute": 10_000, "per_day": 100_000}


def main(arguments: str) -> None:
    """Serve until told to end."""
    given = json.loads(arguments)
    settings = Settings(port=given.pop("port"), limits={**LIMITS, **given.pop("limits", {})})
    serve(FakeRapport(settings, **given))


if __name__ == "__main__":
    main(sys.argv[1])
