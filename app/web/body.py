"""A request's body as one of our schemas, or a refusal in plain words."""

from __future__ import annotations

import json
import re
from email.message import Message
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from starlette.requests import Request

from app.domain import Conversation, Turn
from app.web.errors import WebError
from app.web.schemas import REGION
from app.web.texts import Texts

Model = TypeVar("Model", bound=BaseModel)
MOST_PROBLEMS = 5


async def json_of(request: Request, texts: Texts) -> Any:
    """The body as JSON in UTF-8.

    Raises ``WebError``: 415 for another content type, which also keeps out what browsers send without a preflight;
    400 for what can't be read.
    """
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    if header.get_content_type() != "application/json":
        raise WebError(415, "not_json", texts.error("not_json"))
    try:
        return json.loads((await request.body()).decode("utf-8-sig"))
    except (ValueError, RecursionError):  # not UTF-8, not JSON, a number of 5,000 digits; or nested without end
        raise WebError(400, "bad_json", texts.error("bad_json")) from None


def validated(model: type[Model], data: Any, texts: Texts) -> Model:
    """The data as the model. Raises ``WebError`` 422 that names the fields and says what to mend, and repeats nothing of the input."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        problems = [texts.problem(one) for one in error.errors(include_input=False, include_url=False)]
        said = "; ".join(dict.fromkeys(problems[:MOST_PROBLEMS]))
        raise WebError(422, "invalid", texts.error("invalid", problems=said)) from None


def salvaged(data: Any) -> Conversation | None:
    """What can be read of a refused request, so that the guard can look at it: the message, and what the user wrote before.

    None when there is no message.
    """
    if not isinstance(data, dict) or not isinstance(data.get("message"), str):
        return None
    history, region = data.get("history"), data.get("region")
    turns = history if isinstance(history, list) else []
    return Conversation(
        message=_whole(data["message"]),
        history=tuple(Turn("user", _whole(turn["content"])) for turn in turns if _is_user_turn(turn)),
        region=region if isinstance(region, str) and re.fullmatch(REGION, region) else None,
    )


def _is_user_turn(turn: Any) -> bool:
    return isinstance(turn, dict) and turn.get("role") == "user" and isinstance(turn.get("content"), str)


def _whole(text: str) -> str:
    return text.encode("utf-8", "replace").decode("utf-8")
