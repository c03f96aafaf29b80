"""GraphQL over HTTP: what a request must look like, and what an answer looks like."""

from schema.http.endpoint import GraphQLEndpoint
from schema.http.exchange import Exchange, exchange_of
from schema.http.responses import fault_response
from schema.http.schema_text import SchemaEndpoint

__all__ = ["Exchange", "GraphQLEndpoint", "SchemaEndpoint", "exchange_of", "fault_response"]
