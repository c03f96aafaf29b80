"""Documents, read once: parsed, held to the limits, validated, and kept by their text.

Only documents that may run are kept. The store is bounded in characters, because a syntax tree takes some hundred bytes
for each of them.
"""

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)
from graphql.language.parser import MAX_NESTING_DEPTH

from schema.answers import Outcome, Refused
from schema.coercion import DeclaredVariables
from schema.errors import ErrorCode, coded, fault, limit_exceeded
from schema.guards import Guards
from schema.limits import Limits, excesses
from schema.rules import document_rules
from schema.views import introspects

MAX_ERRORS = 20
KEPT_CHARACTERS = 250_000

_TOO_MANY = re.compile(r"Document contains more than \d+ (?P<what>tokens|comments)")


def text_hash(text: str) -> str:
    """The hash that names a document in logs."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


class Operation:
    """One operation of a valid document, with what is found out of it once for all requests that send it."""

    def __init__(
        self, schema: GraphQLSchema, guards: Guards, tree: DocumentNode, node: OperationDefinitionNode
    ) -> None:
        self.node = node
        self.name = node.name.value if node.name else None
        self.guard = guards.operation(tree, node)
        self.variables = DeclaredVariables(schema, tree, node)
        self.introspects = introspects(node.selection_set, tree)


@dataclass(frozen=True, slots=True)
class Document:
    """A valid document with its operations, and the hash of its text."""

    text: str
    digest: str
    tree: DocumentNode
    operations: Mapping[str | None, Operation]

    def operation(self, name: str | None) -> Operation:
        """The operation that a request names; without a name the only one."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is not None and name in self.operations:
            return self.operations[name]
        message = (
            "The document holds several operations: name one in operationName."
            if name is None
            else "The document holds no operation of the name given in operationName."
        )
        raise Refused(Outcome.INVALID, [fault(ErrorCode.BAD_USER_INPUT, message)])


class Documents:
    """The documents of one schema under one set of limits."""

    def __init__(
        self,
        schema: GraphQLSchema,
        guards: Guards,
        limits: Limits,
        kept_characters: int = KEPT_CHARACTERS,
        *,
        introspection: bool = True,
    ) -> None:
        self.schema = schema
        self.guards = guards
        self.limits = limits
        self.rules = document_rules(introspection=introspection)
        self.room = kept_characters
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def read(self, text: str) -> Document:
        """The document of a text, from the store or new; raises Refused where it may not run."""
        document = self._kept.get(text)
        if document is None:
            document = self._new(text)
            self._keep(document)
        else:
            self._kept.move_to_end(text)
        return document

    def _new(self, text: str) -> Document:
        tree = self._parsed(text)
        errors = excesses(tree, self.limits)
        if not errors:
            found = validate(self.schema, tree, self.rules, max_errors=MAX_ERRORS, hide_suggestions=True)
            errors = coded(found, ErrorCode.GRAPHQL_VALIDATION_FAILED)
        if errors:
            raise Refused(Outcome.INVALID, errors)
        operations = [
            Operation(self.schema, self.guards, tree, node)
            for node in tree.definitions
            if isinstance(node, OperationDefinitionNode)
        ]
        return Document(text, text_hash(text), tree, {operation.name: operation for operation in operations})

    def _parsed(self, text: str) -> DocumentNode:
        tokens = self.limits.tokens
        try:
            return parse(text, max_lexical_tokens=tokens, max_comments=tokens)
        except GraphQLSyntaxError as error:
            raise Refused(Outcome.PARSE_FAILED, [self._syntax_error(error)]) from None

    def _syntax_error(self, error: GraphQLSyntaxError) -> GraphQLError:
        too_many = _TOO_MANY.search(error.message)
        if too_many:
            return limit_exceeded(
                too_many["what"], self.limits.tokens, f"The document has too many {too_many['what']}."
            )
        if "nested too deeply" in error.message:
            return limit_exceeded("nesting", MAX_NESTING_DEPTH, "The document is nested too deeply.")
        return coded([error], ErrorCode.GRAPHQL_PARSE_FAILED)[0]

    def _keep(self, document: Document) -> None:
        self._kept[document.text] = document
        self.room -= len(document.text)
        while self.room < 0:
            _, oldest = self._kept.popitem(last=False)
            self.room += len(oldest.text)
