# SPDX-License-Identifier: LGPL-2.1-or-later
"""Cases about the schema of what is printed with --json."""

import copy
import json
import re

import jsonschema

import schema
from ctl import EXPECTED, check

# Whose expected/CASE.txt are JSON, by the first words of the case's name; the longest fits.
VERBS = tuple(sorted(schema.DEFINITIONS, key=len, reverse=True))


def verbs_with_json(ctl):
    """Those that take --json: the others say so before they do anything."""
    verbs = re.findall(r"^  ([a-z][a-z-]+)", ctl.run("--help").stdout.split("Options:")[0], re.M)
    for verb in verbs:
        done = ctl.run(verb, "--json", "--sysroot", "missing", exit_code=None)
        if "takes no --json" not in done.stderr:
            yield verb


def case_schema(ctl):
    """It is one; each verb has a definition, and every property is described as required or not."""
    jsonschema.Draft202012Validator.check_schema(schema.SCHEMA)
    verbs = list(verbs_with_json(ctl))
    check("list" in verbs and "help" not in verbs, f"the verbs aren't found: {verbs}")
    missing = [verb for verb in verbs if verb not in schema.DEFINITIONS]
    check(not missing, f"{schema.PATH.name} has no definition for: {' '.join(missing)}. Each verb "
          "that has --json needs one of its name")
    for name, definition in objects_of(schema.DEFINITIONS):
        check(definition.get("additionalProperties") is False,
              f"{name}: without additionalProperties: false, what isn't documented isn't seen")


def objects_of(value, name=""):
    """Yields each definition of an object, with the way that leads to it."""
    if isinstance(value, dict):
        if "properties" in value and value.get("type") == "object":
            yield name, value
        for key, below in value.items():
            yield from objects_of(below, f"{name}/{key}")
    elif isinstance(value, list):
        for i, below in enumerate(value):
            yield from objects_of(below, f"{name}/{i}")


def documents(text):
    """Yields the documents that stand behind each other in a text."""
    decoder = json.JSONDecoder()
    while text.strip():
        document, end = decoder.raw_decode(text.lstrip())
        text = text.lstrip()[end:]
        yield document


def case_schema_expected(ctl):
    """All JSON among the expected outputs is as the schema says, and what differs from it is seen."""
    n = 0
    for path in sorted(EXPECTED.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        if not text.startswith("{"):
            continue
        verb = next((verb for verb in VERBS if path.stem.startswith(verb)), path.stem)
        for document in documents(text):
            must_fit(path.name, verb, document, fits=True)
            for wrong in spoilt(document):
                must_fit(path.name, verb, wrong, fits=False)
        n += 1
    check(n >= 8, f"only {n} expected outputs are JSON")


def spoilt(document):
    """Yields the document with a key too many, too few, and with one of another type."""
    key = next(iter(document))
    yield document | {"surprise": 1}
    yield {name: value for name, value in document.items() if name != key}
    for name in document:
        yield document | {name: {"what": 1.5}}
    for name, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            wrong = copy.deepcopy(document)
            wrong[name][-1]["surprise"] = None
            yield wrong


def must_fit(name, verb, document, fits):
    try:
        schema.validate(verb, document)
    except schema.Unfit as unfit:
        check(not fits, f"{name}: {unfit}")
    else:
        check(fits, f"{name}: this should not be as the schema says: {json.dumps(document)[:500]}")
