# SPDX-License-Identifier: LGPL-2.1-or-later
"""Holds what memplugctl prints with --json against the schema that is installed with it.

A verb that has --json needs a definition of its name in src/ctl/memplugctl.schema.json.
"""

import json
import pathlib

import jsonschema

PATH = pathlib.Path(__file__).resolve().parents[2] / "src/ctl/memplugctl.schema.json"
SCHEMA = json.loads(PATH.read_text(encoding="utf-8"))
DEFINITIONS = SCHEMA["$defs"]

# The options whose argument is a word of its own; the rest of the words before a verb are options.
WITH_ARGUMENT = ("--config", "--sysroot")


class Unfit(Exception):
    """JSON that isn't as the schema says."""


def verb_of(arguments):
    """The verb of a command line."""
    words = iter(arguments)
    for word in words:
        if word in WITH_ARGUMENT:
            next(words)
        elif not word.startswith("-"):
            return word
    return "status"


def documents(text):
    """Each JSON document of a text: most verbs print one, some a line for each event."""
    decoder = json.JSONDecoder()
    text = text.lstrip()
    while text:
        document, end = decoder.raw_decode(text)
        yield document
        text = text[end:].lstrip()


def validate(verb, document):
    """Raises Unfit unless the document is as the verb's definition says."""
    if verb not in DEFINITIONS:
        raise Unfit(f"'{verb}' prints JSON, and {PATH.name} has no definition of that name")
    validator = jsonschema.Draft202012Validator({"$ref": f"#/$defs/{verb}",
                                                 "$defs": DEFINITIONS})
    for error in validator.iter_errors(document):
        place = "/".join(str(part) for part in error.absolute_path)
        raise Unfit(f"the JSON of '{verb}' isn't as {PATH.name} says, at '{place}': "
                    f"{error.message}")


def validate_output(arguments, text):
    """The same of what memplugctl printed with these arguments."""
    for document in documents(text):
        validate(verb_of(arguments), document)
