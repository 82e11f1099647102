"""Every setting, read once, in one place: the environment first, then ``rapport.toml``, then the defaults below.

This file is the only reader of the environment in the product; values are handed down from there. Nested settings are
``[retrieve] cutoff = 0.3`` in the file and ``RETRIEVE__CUTOFF=0.3`` in the environment. A wrong value ends the start with one
clear sentence (``SettingsError``). The table in README.md is held to this file by a test.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from app.errors import SettingsError

SHORTEST_KEY = 24
CONFIG_FILE = Path("rapport.toml")
TRACING = (  # what makes LangChain or a vendor's client send conversations elsewhere, or log them
    "LANGSMITH_TRACING", "LANGSMITH_TRACING_V2", "LANGSMITH_OTEL_ENABLED", "LANGSMITH_RUNS_ENDPOINTS",
    "LANGCHAIN_TRACING", "LANGCHAIN_TRACING_V2", "LANGCHAIN_HANDLER", "OPENAI_LOG", "ANTHROPIC_LOG",
)  # fmt: skip


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Clinic(_Group):
    """Who stands behind the answers, and how to reach them."""

    name: str = Field("our clinic", max_length=120, description="The clinic's name, as people know it.")
    phone: str = Field("", max_length=40, description="Phone number shown with referrals.")
    email: str = Field("", max_length=120, description="E-mail address shown with referrals.")
    url: str = Field("", max_length=300, description="Contact page, starting with https://.")
    hours: str = Field("", max_length=200, description="When the clinic answers, in plain words.")

    @field_validator("url")
    @classmethod
    def _https(cls, value: str) -> str:
        if value and not value.startswith("https://"):
            raise ValueError("must start with https://")
        return value


class Retrieve(_Group):
    """How passages are found, and when nothing is good enough."""

    cutoff: float | None = Field(
        None, ge=0, le=2, description="Least score of a passage worth quoting; empty: the model's calibrated value."
    )
    lexical_share: float | None = Field(None, ge=0, le=1, description="Weight of the keyword score; empty: the model's calibrated value.")
    per_article: int = Field(3, ge=1, le=10, description="Most passages of one article in a result.")
    candidates: int = Field(100, ge=10, le=1000, description="How deep each of the two searches is read.")


class Written(_Group):
    """Written answers by a language model; none of this matters while ``model`` is empty."""

    first_byte_seconds: float = Field(5, gt=0, description="Longest wait for a model's first word.")
    gap_seconds: float = Field(10, gt=0, description="Longest pause between two pieces of a model's answer.")
    total_seconds: float = Field(
        30, gt=0, description="Longest time for a model's answer; it also ends in time for `limits.reply_seconds`."
    )
    max_tokens: int = Field(1_200, ge=50, description="Longest answer of a model, in tokens.")
    daily_tokens: int = Field(2_000_000, ge=1, description="Tokens a day, there and back, estimated; then answers are quoted.")
    passages: int = Field(6, ge=1, le=8, description="Passages a model is given to write from.")
    temperature: float | None = Field(0, ge=0, le=2, description="Sent to the model; some models accept only an empty value.")
    rewrite: bool = Field(False, description="Whether the model rewrites follow-up questions, which sends it earlier turns.")
    tracing: bool = Field(False, description="Whether variables that send or log conversations may be set (LANGSMITH_TRACING and kin).")

    @field_validator("temperature", mode="before")
    @classmethod
    def _empty(cls, value: Any) -> Any:
        return None if value == "" else value


class Limits(_Group):
    """Every limit, in one table."""

    body_bytes: int = Field(65_536, ge=1_024, description="Largest request body.")
    body_seconds: float = Field(10, gt=0, description="Longest time for a request body to arrive.")
    message_chars: int = Field(4_000, ge=100, description="Longest message.")
    history_turns: int = Field(24, ge=2, description="Most earlier messages in a request.")
    history_chars: int = Field(24_000, ge=1_000, description="Most characters in all earlier messages.")
    per_minute: int = Field(10, ge=1, description="Questions a minute from one address; a crisis reply is never limited.")
    burst: int = Field(3, ge=0, description="Questions above that in a quick run.")
    per_day: int = Field(100, ge=1, description="Questions a day from one address.")
    slots: int = Field(8, ge=1, description="Questions worked on at once.")
    queue: int = Field(16, ge=0, description="Questions that may wait.")
    queue_seconds: float = Field(5, gt=0, description="Longest wait for a slot.")
    reply_seconds: float = Field(30, gt=0, description="Longest time for a whole reply.")
    document_bytes: int = Field(20_000_000, ge=10_000, description="Largest document that ingest reads.")
    document_seconds: int = Field(20, ge=1, description="CPU seconds for reading one document.")


class Settings(BaseSettings):
    """All settings. Frozen; secrets never show in ``repr``."""

    model_config = SettingsConfigDict(
        env_nested_delimiter="__", frozen=True, extra="forbid", toml_file=CONFIG_FILE, nested_model_default_partial_update=True
    )

    host: str = Field("127.0.0.1", description="Address the server listens on.")
    port: int = Field(8000, ge=1, le=65_535, description="Port the server listens on.")
    index_dir: Path = Field(Path("index"), description="Folder of index builds.")
    corpus_dir: Path = Field(Path("corpus"), description="Folder of articles.")
    models_dir: Path = Field(Path(".models"), description="Folder of embedding models.")
    embedding_model: str = Field("default", description="A name in the catalogue, a sentence-transformers name, or a folder.")
    threads: int = Field(2, ge=1, le=64, description="Threads for the embedding model.")
    region: str = Field("", pattern="^([A-Z]{2})?$", description="Country whose help lines come first; empty: international.")
    locale: str = Field("en", pattern="^[a-z]{2}(-[A-Z]{2})?$", description="Language of fixed replies.")
    allowed_origins: tuple[str, ...] = Field((), description="Sites that may embed the chat, such as https://clinic.example.")
    trusted_proxies: tuple[str, ...] = Field((), description="Addresses or networks of your reverse proxies.")
    public_url: str = Field("", description="Address people reach this server at, when it is not what the request says.")
    cite_overdue: bool = Field(True, description="Whether articles past their review date may still be cited.")
    gaps_file: Path | None = Field(
        None, description="Where declined questions are counted by nearest article, without text; empty: not at all."
    )
    metrics: bool = Field(True, description="Whether /metrics is served.")
    chroma_url: str = Field("", description="A Chroma server to use instead of the embedded one.")
    redis_url: SecretStr = Field(SecretStr(""), description="Not used yet: a Redis server for limits shared by several replicas.")
    model: str = Field(
        "", description="The language model that writes answers: `openai:…`, `anthropic:…` or `ollama:…`; empty: answers are quoted."
    )
    model_base_url: str = Field("", description="Its server, when it is not the provider's own: any OpenAI-compatible one is `openai:…`.")
    model_key: SecretStr = Field(SecretStr(""), description="Its key; empty: the provider's own variable, such as OPENAI_API_KEY.")
    completions_key: SecretStr = Field(
        SecretStr(""),
        description="The key that turns `/v1/chat/completions` on: 24 characters or more; empty: off.",
    )
    clinic: Clinic = Clinic()
    written: Written = Written()
    retrieve: Retrieve = Retrieve()
    limits: Limits = Limits()

    @field_validator("completions_key")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        key = value.get_secret_value()
        if key and (len(key) < SHORTEST_KEY or not (key.isascii() and key.isprintable()) or " " in key):
            raise ValueError(f"must be at least {SHORTEST_KEY} characters of ASCII without a space (openssl rand -hex 24)")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _origins(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for origin in value:
            scheme, _, rest = origin.partition("://")
            if scheme not in ("http", "https") or not rest or "/" in rest or "*" in rest:
                raise ValueError("each must look like https://clinic.example, without a path or a star")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls)


def tracing_variables() -> tuple[str, ...]:
    """The names of those variables in the environment that would send or write down conversations."""
    return tuple(name for name in TRACING if os.environ.get(name, "").strip().lower() not in ("", "0", "false", "no", "off"))


def load(**overrides: Any) -> Settings:
    """Read the settings; ``overrides`` win over the environment and the file.

    Raises ``SettingsError`` naming each wrong setting and what it should be. The value itself is not repeated, since it may be a secret.
    """
    try:
        return Settings(**overrides)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(str(part) for part in e['loc'])}: {e['msg']}" for e in error.errors(include_input=False))
        raise SettingsError(f"Settings need mending: {wrong}. The README lists every setting.") from None
    except ValueError as error:  # a rapport.toml that is not TOML, or an environment value that is not JSON
        raise SettingsError(f"Settings can't be read ({type(error).__name__}): check rapport.toml and the environment.") from None
