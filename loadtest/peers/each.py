"""How fast is the plain service when every turn makes its own clients? As first versions do, and some that went live."""

from copy import copy
from typing import Annotated

from fastapi import Header
from fastapi.responses import Response

from loadtest.peers.plain import Ask, answer, service

app = service()


@app.post("/v1/chat")
async def chat(ask: Ask, authorization: Annotated[str, Header()] = "") -> Response:
    own = copy(app.state.plain)
    own.connect()
    try:
        return await answer(own, ask, authorization)
    finally:
        await own.close()
