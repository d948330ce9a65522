"""The HTML pages, and what they need to find everything else wherever they are hosted."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from fastapi.templating import Jinja2Templates

from app.messages import protocol
from app.prefix import is_prefix


def base_href(headers: Mapping[str, str], root_path: str) -> str:
    """What all addresses on a page are relative to.

    A proxy may show us under a prefix, and a visitor may leave out the slash behind it, so that `./` would be the
    folder above. Where a prefix is known, the page names it.
    """
    for prefix in (headers.get("x-forwarded-prefix", ""), root_path):
        if is_prefix(prefix):
            return prefix.rstrip("/") + "/"
    return "./"


def create_pages(templates: Jinja2Templates, common: Mapping[str, Any]) -> APIRouter:
    """The pages.

    Args:
        templates: of the pages.
        common: what every template is given.
    """
    router = APIRouter(include_in_schema=False)

    def page(request: Request, name: str, context: Mapping[str, Any]) -> HTMLResponse:
        base = base_href(request.headers, request.scope.get("root_path", ""))
        return templates.TemplateResponse(
            request, name, {**common, **context, "base_href": base}, headers={"Cache-Control": "no-cache"}
        )

    @router.get("/")
    def index(request: Request) -> HTMLResponse:
        return page(request, "index.html", {})

    @router.get("/protocol")
    def protocol_page(request: Request) -> HTMLResponse:
        schemas = protocol()
        return page(
            request,
            "protocol.html",
            {"commands": describe(schemas["commands"]), "messages": describe(schemas["messages"])},
        )

    return router


def describe(schema: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The messages of a schema for people: for each its name, its words, its fields and its own schema as text.

    Args:
        schema: of a union whose members are told apart by `type`.
    """
    definitions = schema["$defs"]
    return [
        _describe(name, definitions[_referred(reference)])
        for name, reference in _told_apart(schema["discriminator"]["mapping"])
    ]


def _told_apart(mapping: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, str]]:
    """Names and references of a union's members; a member that is a union itself is told apart by a further field."""
    for name, reference in mapping.items():
        if isinstance(reference, str):
            yield before + name, reference
        else:
            yield from _told_apart(reference["discriminator"]["mapping"], f"{before}{name}/")


def _describe(name: str, definition: Mapping[str, Any]) -> dict[str, Any]:
    needed = definition.get("required", [])
    return {
        "name": name,
        "words": definition.get("description", ""),
        "fields": [
            {"name": field, "type": type_in_words(details), "required": field in needed}
            for field, details in definition["properties"].items()
            if field != "type"
        ],
        "schema_json": json.dumps(definition, indent=2, ensure_ascii=False),
    }


def type_in_words(schema: Mapping[str, Any]) -> str:
    """A JSON Schema in a few words: `whole number or null`, `"event" or "phase"`, `list of Edit`."""
    if "$ref" in schema:
        name = _referred(schema["$ref"])
        return "number, its name, or nested lists of them" if name == "_Nested" else name.removesuffix("Message")
    for several in ("anyOf", "oneOf"):
        if several in schema:
            return " or ".join(dict.fromkeys(type_in_words(one) for one in schema[several]))
    if "const" in schema:
        return json.dumps(schema["const"])
    if "enum" in schema:
        return " or ".join(json.dumps(value) for value in schema["enum"])
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return "[" + ", ".join(type_in_words(item) for item in schema["prefixItems"]) + "]"
        return f"list of {type_in_words(schema.get('items', {}))}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"{type_in_words(inner)}, by name" if isinstance(inner, Mapping) else "object"
    words = {
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "boolean": "true or false",
        "null": "null",
    }
    return words.get(schema.get("type", ""), "anything")


def _referred(reference: str) -> str:
    return reference.rsplit("/", 1)[1]
