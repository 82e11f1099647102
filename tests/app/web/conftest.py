"""The smallest service behind the whole web application."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from app.settings import Settings
from app.web.main import create_app
from tests.app.web.fakes import FakeRapport

Start = Callable[..., TestClient]


@pytest.fixture
def rapport() -> FakeRapport:
    return make_rapport()


def make_rapport(**settings: Any) -> FakeRapport:
    """A service with generous limits, unless the test says otherwise."""
    limits = {"per_minute": 10_000, "per_day": 100_000, **settings.pop("limits", {})}
    return FakeRapport(Settings(limits=limits, **settings))


@pytest.fixture
def start() -> Iterator[Start]:
    """Start the application around a service; ended after the test."""
    clients: list[TestClient] = []

    def begin(rapport: FakeRapport | None = None, peer: str = "203.0.113.9", **settings: Any) -> TestClient:
        service = rapport or make_rapport(**settings)
        client = TestClient(create_app(service), client=(peer, 4321))
        client.__enter__()
        clients.append(client)
        return client

    yield begin
    for client in clients:
        client.__exit__()


@pytest.fixture
def client(start: Start, rapport: FakeRapport) -> TestClient:
    return start(rapport)
