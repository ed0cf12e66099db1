"""The description in docs/ is true: requests made from it, and garbage, get what it says."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from collector.tasks import spawn, wait
from collector.testing import RecordingOutput, context
from collector_http.options import HttpConfig
from collector_http.receiver import HttpReceiver

_PAGE = Path(__file__).parents[3] / "docs" / "http-receiver.openapi.yaml"
DESCRIPTION = YAML(typ="safe", pure=True).load(_PAGE)
Schema = dict[str, Any]
#: What a client may do wrong. Nothing it sends is a 500.
_MAY_FAIL = {"400", "413", "415"}

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


def resolved(schema: Schema) -> Schema:
    """The schema that a reference names."""
    found = DESCRIPTION
    for part in schema.get("$ref", "#").split("/")[1:]:
        found = found[part]
    return found if "$ref" in schema else schema


def values(schema: Schema) -> st.SearchStrategy[Any]:
    """What a schema allows."""
    schema = resolved(schema)
    if "oneOf" in schema:
        return st.one_of([values(one) for one in schema["oneOf"]])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    kind = schema["type"]
    if kind == "object":
        known = {key: values(one) for key, one in schema.get("properties", {}).items()}
        others = st.dictionaries(st.text(max_size=9), ANYTHING, max_size=3)
        return st.builds(
            lambda some, more: more | some, st.fixed_dictionaries({}, optional=known), others
        )
    if kind == "array":
        return st.lists(values(schema["items"]), min_size=schema["minItems"], max_size=4)
    if kind == "number":
        return st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    return st.from_regex(schema["pattern"]) if "pattern" in schema else st.text(max_size=30)


def wrong(value: Any, schema: Schema) -> Iterator[str]:
    """Where an answer is not what its schema says."""
    schema = resolved(schema)
    kinds = {"object": dict, "array": list, "string": str, "integer": int}
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        yield f"{value!r} is no {schema['type']}"
        return
    if value not in schema.get("enum", [value]) or value != schema.get("const", value):
        yield f"{value!r}"
    for key in schema.get("required", ()):
        if key not in value:
            yield f"{key} is missing"
    for key, one in schema.get("properties", {}).items():
        if key in value:
            yield from wrong(value[key], one)
    for item in value if "items" in schema else ():
        yield from wrong(item, schema["items"])


def operations() -> Iterator[tuple[str, dict[str, Any], str, Schema]]:
    """Path, operation, type of body and its schema."""
    for path, item in DESCRIPTION["paths"].items():
        for kind, content in item["post"]["requestBody"]["content"].items():
            yield path, item["post"], kind, content["schema"]


@st.composite
def requests(draw: st.DrawFn) -> tuple[dict[str, Any], str, bytes, dict[str, str]]:
    """Operation, target, body and headers; the body is garbage now and then."""
    path, operation, kind, schema = draw(st.sampled_from(list(operations())))
    value = draw(values(schema))
    body = value.encode() if isinstance(value, str) else json.dumps(value).encode()
    body = draw(st.just(body) | st.binary(max_size=40) | st.just(body[:-1]))
    headers = {"Content-Type": kind}
    query: dict[str, str] = {}
    for parameter in operation["parameters"]:
        if not draw(st.booleans()) or parameter["name"] == "content-type":
            continue
        if parameter["in"] == "header":
            said = draw(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=20))
            headers[parameter["name"]] = said
        elif parameter["name"] == "attributes":
            query |= draw(st.dictionaries(st.text(max_size=5), st.text(max_size=5), max_size=3))
        else:
            query[parameter["name"]] = draw(values(parameter["schema"]))
    name = quote(draw(st.text(min_size=1, max_size=5).filter(lambda text: "/" not in text)), "")
    return operation, f"{path.replace('{id}', name)}?{urlencode(query)}", body, headers


class DescriptionTests(SynchronousTestCase):
    def test_paths_are_the_defaults(self) -> None:
        config = HttpConfig(endpoint="127.0.0.1:0")
        self.assertEqual(set(DESCRIPTION["paths"]), {*config.ingest_paths, *config.paths})


class FuzzTests(TestCase):
    def test_every_request_is_answered_as_described(self) -> Deferred[None]:
        output = RecordingOutput()
        receiver = HttpReceiver(HttpConfig(endpoint="127.0.0.1:0"), context("receiver", "http"))
        receiver.output = output
        seen: set[int] = set()

        async def run() -> None:
            await receiver.start()
            assert receiver.intake is not None
            await wait(deferToThread(self.fuzz, receiver.intake.address[1], seen))

        self.addCleanup(lambda: spawn(receiver.stop()))
        return spawn(run()).addCallback(lambda _: self.assertTrue({204, 400} <= seen, seen))

    def fuzz(self, port: int, seen: set[int]) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=10)

        @settings(
            max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
        )
        @given(requests())
        def each(request: tuple[dict[str, Any], str, bytes, dict[str, str]]) -> None:
            operation, target, body, headers = request
            client.request("POST", target, body, headers)
            answer = client.getresponse()
            said = answer.read()
            seen.add(answer.status)
            status = str(answer.status)
            self.assertIn(status, {"200", "204"} | _MAY_FAIL, said)
            content = operation["responses"][status].get("content")
            if content is None:
                self.assertEqual(said, b"")
                return
            schema = content["application/json"]["schema"]
            self.assertEqual(list(wrong(json.loads(said), schema)), [])

        each()
        client.close()
