"""The process: one uvicorn worker with the settings of RELIABILITY.md 2.5, ended politely."""

from __future__ import annotations

import logging
import signal
from types import FrameType

import uvicorn
from fastapi import FastAPI

from app.web.context import Web
from app.web.main import create_app
from app.web.ports import Service

GRACEFUL_SECONDS = 8
KEEP_ALIVE_SECONDS = 5
LINE = "%(asctime)s %(levelname)s %(name)s %(message)s"


class _Server(uvicorn.Server):
    """Tells the open streams at once that the process is ending, so that they can say so before the connections are cut."""

    def __init__(self, config: uvicorn.Config, web: Web) -> None:
        super().__init__(config)
        self._web = web

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._web.stopping.begin()
        super().handle_exit(sig, frame)


def config(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    """uvicorn's settings.

    One worker an index copy; no forwarded headers, which ``limits.client_ip`` reads itself; no access log, which would hold queries.
    """
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        workers=1,
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        ws="none",
        lifespan="on",
    )


def serve(rapport: Service) -> None:
    """Serve until SIGTERM or SIGINT, then end within ten seconds and return: open streams end with ``done`` or an error event."""
    log_to_stderr()
    app = create_app(rapport)
    server = _Server(config(app, rapport.settings.host, rapport.settings.port), app.state.web)
    # uvicorn raises the signal again when it has ended; with no handler of our own that would turn a polite end into exit code -15
    signal.signal(signal.SIGTERM, lambda *_: None)
    server.run()


def log_to_stderr() -> None:
    """Plain lines on standard error, times in UTC."""
    import time

    handler = logging.StreamHandler()
    formatter = logging.Formatter(LINE, datefmt="%Y-%m-%dT%H:%M:%SZ")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    for name, level in (("rapport", logging.INFO), ("uvicorn", logging.INFO)):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.setLevel(level)
        logger.propagate = False
