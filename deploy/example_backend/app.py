"""Which request is which call?

Answers besides those of the calls themselves, all as {"error": {"code": ...}}:
- 400 bad_request: a header or field is missing, or the body breaks the contract; nothing was done or stored
- 404 unknown_path, 405 unknown_method: no tenant has such a call
- 500 broken: a fault of this program

Each tenant has GET /requests/{key}, too: what became of the POST with that Idempotency-Key of that user. It answers as the POST
did, status and all, and 404 not_found where none arrived.
"""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from . import bank, shop, telecom, verification
from .calls import Entry, Field, Reply
from .database import Asked, Database

TENANTS = {"shop": shop.CALLS, "telecom": telecom.CALLS, "bank": bank.CALLS}
MAX_CHARS = 200  # the longest value a call takes
STATUS_CODES = {404: "unknown_path", 405: "unknown_method"}

Endpoint = Callable[[Request], Awaitable[Response]]


class BadRequest(Exception):
    """The request breaks the contract."""

    def __init__(self, **fields: Field) -> None:
        super().__init__(str(fields))
        self.fields = fields


def application(path: Path) -> Starlette:
    database = Database(path)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        database.close()

    routes = [Route("/healthz", healthz)]
    routes += [
        Route(f"/{tenant}{entry.path}", endpoint(database, tenant, entry), methods=[entry.method])
        for tenant, calls in TENANTS.items()
        for entry in calls
    ]
    routes += [Route(f"/{tenant}/requests/{{key:path}}", became(database, tenant), methods=["GET"]) for tenant in TENANTS]
    handlers = {BadRequest: bad_request, HTTPException: unknown, Exception: broken}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    app.router.redirect_slashes = False
    return app


def endpoint(database: Database, tenant: str, entry: Entry) -> Endpoint:
    async def read(request: Request) -> Response:
        user_id = header(request, "X-User-Id")
        fields = path_fields(request) | query_fields(request, entry.names)
        status, body = database.read(Asked(entry.function, tenant, user_id, fields))
        return Response(body, status, media_type="application/json")

    async def once(request: Request) -> Response:
        user_id, key = header(request, "X-User-Id"), header(request, "Idempotency-Key")
        fields = path_fields(request) | await body_fields(request, entry.names)
        status, body = database.once(key, Asked(verification.checked(entry.function), tenant, user_id, fields))
        return Response(body, status, media_type="application/json")

    return read if entry.method == "GET" else once


def became(database: Database, tenant: str) -> Endpoint:
    async def read(request: Request) -> Response:
        answered = database.became(tenant, header(request, "X-User-Id"), request.path_params["key"])
        status, body = answered or Reply(404, '{"error": {"code": "not_found"}}')
        return Response(body, status, media_type="application/json")

    return read


def header(request: Request, name: str) -> str:
    value = request.headers.get(name, "").strip()
    if not value:
        raise BadRequest(missing=name)
    return value


def path_fields(request: Request) -> dict[str, str]:
    return {name: checked(name, value) for name, value in request.path_params.items()}


def query_fields(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    return {name: checked(name, request.query_params.get(name)) for name in names}


async def body_fields(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """These, and the code of a step-up where there is one."""
    try:
        body = json.loads(await request.body())
    except (ValueError, RecursionError):
        raise BadRequest(reason="the body is not JSON") from None
    if not isinstance(body, dict):
        raise BadRequest(reason="the body is not an object")
    code = [verification.CODE] if verification.CODE in body else []
    return {name: checked(name, body.get(name)) for name in (*names, *code)}


def checked(name: str, value: object) -> str:
    if value is None or value == "":
        raise BadRequest(missing=name)
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise BadRequest(field=name, reason="wanted a string")
    text = str(value).strip()
    # half of a surrogate pair is valid JSON, and can be neither stored nor sent back
    if not text or len(text) > MAX_CHARS or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise BadRequest(field=name, reason=f"wanted 1 to {MAX_CHARS} characters")
    return text


async def healthz(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def bad_request(_: Request, exception: Exception) -> Response:
    assert isinstance(exception, BadRequest)
    return JSONResponse({"error": {"code": "bad_request", **exception.fields}}, 400)


async def unknown(_: Request, exception: Exception) -> Response:
    assert isinstance(exception, HTTPException)
    code = STATUS_CODES.get(exception.status_code, "bad_request")
    return JSONResponse({"error": {"code": code}}, exception.status_code, headers=exception.headers)


async def broken(_: Request, __: Exception) -> Response:
    return JSONResponse({"error": {"code": "broken"}}, 500)
