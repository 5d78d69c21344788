"""The reference at /docs: the OpenAPI document as one page that needs no script and fetches nothing."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

router = APIRouter(include_in_schema=False)

Described = Mapping[str, Any]  # Any: a part of an OpenAPI document, which is JSON

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 3rem; } h3 { margin-top: 2rem; border-top: 1px solid #8886; padding-top: 1rem; }
code, pre { font: 0.9em/1.4 ui-monospace, monospace; }
pre { overflow-x: auto; padding: 0.6rem 0.8rem; background: #8881; border-radius: 4px; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; padding: 0.2rem 1rem 0.2rem 0; }
.method { font-weight: 700; margin-right: 0.5rem; }
"""
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'",
    "X-Content-Type-Options": "nosniff",
}


@router.get("/docs")
def docs(request: Request) -> HTMLResponse:
    """Show every request, its fields, examples and answers."""
    document = request.app.openapi()
    return HTMLResponse("\n".join(_page(document, str(request.base_url).rstrip("/"))), headers=HEADERS)


def _page(document: Described, url: str) -> Iterator[str]:
    yield '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    yield '<meta name="viewport" content="width=device-width"><title>Sightline: reference</title>'
    yield f"<style>{STYLE}</style></head><body>"
    yield from body(document, url)
    yield "</body></html>"


def body(document: Described, url: str) -> Iterator[str]:
    """The reference as parts of an HTML page; `url` is that of the service, for its examples."""
    info = document["info"]
    yield f"<h1>{escape(info['title'])} {escape(info['version'])}</h1>"
    yield "".join(f"<p>{_text(part)}</p>" for part in info["description"].strip().split("\n\n"))
    yield '<p>For programs: <a href="/openapi.json">openapi.json</a>.</p>'
    for tag in document["tags"]:
        yield f"<h2>{escape(tag['name'].capitalize())}</h2><p>{_text(tag['description'])}</p>"
        for path, methods in document["paths"].items():
            for method, operation in methods.items():
                if tag["name"] in operation.get("tags", ()):
                    yield from _operation(document, f"{method.upper()} {path}", operation, url)


def _operation(document: Described, request: str, operation: Described, url: str) -> Iterator[str]:
    method, _, path = request.partition(" ")
    name = escape(operation["operationId"])
    yield f'<h3 id="{name}"><span class="method">{method}</span><code>{escape(path)}</code></h3>'
    yield f"<p>{_text(operation.get('description', ''))}</p>"
    fields = [(one["name"], one.get("description", "")) for one in operation.get("parameters", ())]
    for kind, content in operation.get("requestBody", {}).get("content", {}).items():
        fields += _fields(document, content["schema"])
        for example in content.get("examples", {}).values():
            body = json.dumps(example["value"], ensure_ascii=False)
            yield f"<p>{_text(example['summary'])}:</p><pre>curl {escape(url + path)} --json {escape(_quoted(body))}</pre>"
        if kind == "multipart/form-data" and path == "/v1/documents":
            yield f"<pre>curl {escape(url + path)} -F files=@report.pdf -F files=@figure.png</pre>"
    if fields:
        rows = (f"<tr><td><code>{escape(one)}</code></td><td>{_text(told)}</td></tr>" for one, told in fields)
        yield f"<table>{''.join(rows)}</table>"
    yield "<p>Answers:</p><table>"
    for status, response in sorted(operation["responses"].items()):
        told = _answer(document, response) or response["description"]
        yield f"<tr><td><code>{status}</code></td><td>{_text(told)}</td></tr>"
    yield "</table>"


def _fields(document: Described, schema: Described, above: str = "") -> Iterator[tuple[str, str]]:
    """The name and meaning of each field of a body; those of an object in it as `filters.pages`."""
    for name, field in _resolved(document, schema).get("properties", {}).items():
        yield above + name, field.get("description", "")
        if "$ref" in field:
            yield from _fields(document, field, f"{above}{name}.")


def _answer(document: Described, response: Described) -> str:
    """What a JSON answer is, and the names of its fields; empty for other answers."""
    schema = _resolved(document, response.get("content", {}).get("application/json", {}).get("schema", {}))
    if not schema.get("properties"):
        return ""
    return f"{schema.get('description', '')} Fields: {', '.join(f'`{name}`' for name in schema['properties'])}."


def _resolved(document: Described, schema: Described) -> Described:
    name = schema.get("$ref", "").rpartition("/")[2]
    return document["components"]["schemas"][name] if name else schema


def _quoted(text: str) -> str:
    return "'" + text.replace("'", r"'\''") + "'"


def _text(text: str) -> str:
    """Text with its `code` marked."""
    parts = escape(text, quote=False).split("`")
    return "".join(f"<code>{part}</code>" if at % 2 else part for at, part in enumerate(parts))
