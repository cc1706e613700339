"""Parses SQL with two parsers that nobody here wrote, and says what they could not read.

Takes a JSON list of {id, dialect, text} on stdin, writes one of {id, parser, read, faults} to stdout.
"""

import json
import logging
import sys

import sqlglot
from sqlfluff.core import FluffConfig, Linter
from sqlglot.dialects.dialect import Dialect
from sqlglot.errors import SqlglotError
from sqlglot.expressions import Command
from sqlglot.tokens import TokenType

# sqlglot's word for each of sqlfluff's dialects; it has none of its own for MariaDB.
SQLGLOT_DIALECTS = {"postgres": "postgres", "mariadb": "mysql", "mysql": "mysql", "oracle": "oracle", "tsql": "tsql"}
# What sqlglot does not understand it keeps as a command, with a warning.
logging.getLogger("sqlglot").setLevel(logging.ERROR)
linters = {}


def split_statements(dialect, text):
    """Gives each statement its own verdict. Blocks of T-SQL hold semicolons, of PL/SQL too: they stay whole."""
    if dialect == "tsql" or text.lstrip().startswith("begin"):
        return [text]
    statements, start = [], 0
    for token in Dialect.get_or_raise(SQLGLOT_DIALECTS[dialect]).tokenize(text):
        if token.token_type == TokenType.SEMICOLON:
            statements.append(text[start : token.start])
            start = token.end + 1
    return [statement.strip() for statement in [*statements, text[start:]] if statement.strip()]


def read_by_sqlglot(dialect, statement):
    """Lists what sqlglot does not read in a statement."""
    try:
        trees = sqlglot.parse(statement, dialect=SQLGLOT_DIALECTS[dialect])
    except SqlglotError as error:
        details = [detail["description"] for detail in getattr(error, "errors", [])] or [str(error)]
        return ["; ".join(details)]
    commands = [node for tree in trees if tree is not None for node in tree.find_all(Command)]
    return ["is kept as text, unread"] if commands or not any(trees) else []


def read_by_sqlfluff(dialect, statement):
    """Lists what sqlfluff does not read in a statement."""
    if dialect not in linters:
        # Raw: nothing in a statement is a template. By default a long one would be passed over.
        settings = {"dialect": dialect, "templater": "raw", "large_file_skip_byte_limit": 0}
        linters[dialect] = Linter(config=FluffConfig(overrides=settings))
    parsed = linters[dialect].parse_string(statement)
    if parsed.root_variant() is None:
        return ["is not read at all"]
    return [violation.desc() for violation in parsed.violations]


PARSERS = {"sqlglot": read_by_sqlglot, "sqlfluff": read_by_sqlfluff}


def judge(entry, parser, statements):
    """Judges the statements of one text by one parser."""
    faults = []
    for statement in statements:
        for fault in PARSERS[parser](entry["dialect"], statement):
            faults.append({"statement": " ".join(statement.split())[:80], "fault": fault})
    return {"id": entry["id"], "parser": parser, "read": len(statements), "faults": faults}


results = []
for given in json.load(sys.stdin):
    try:
        parts = split_statements(given["dialect"], given["text"])
    except SqlglotError:
        # What cannot even be cut into words goes to both as it is.
        parts = [given["text"]]
    results.extend(judge(given, parser, parts) for parser in PARSERS)
json.dump(results, sys.stdout)
