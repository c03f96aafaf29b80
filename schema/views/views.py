"""The eight views of one schema, each made when it is first asked for."""

from copy import copy

from graphql import GraphQLSchema

from auth.actors import CredentialKind
from models.roles import RoleName
from schema.guards import Guards
from schema.views.copying import narrowed


class Views:
    """What each role, and a caller without a credential, may know of the schema.

    Credentials of one role share a view: what a key may not call although its role may is told when it tries.
    """

    def __init__(self, guards: Guards) -> None:
        self._guards = guards
        self._schemas: dict[RoleName | None, GraphQLSchema] = {}
        self._sdl: dict[RoleName | None, str] = {}

    def schema(self, role: RoleName | None) -> GraphQLSchema:
        """The schema that this role may know of; None stands for no credential."""
        if role not in self._schemas:
            view = self._guards.view_of(role, None if role is None else CredentialKind.SESSION)
            self._schemas[role] = narrowed(view)
        return self._schemas[role]

    def sdl(self, role: RoleName | None) -> str:
        """The same as text, printed as the full one is, with the guards that the role has passed."""
        if role not in self._sdl:
            printer = copy(self._guards.map.schema.extensions["strawberry"])
            printer._schema = self.schema(role)  # noqa: SLF001 (Strawberry prints the schema it holds, and no other)
            self._sdl[role] = f"{printer.as_str()}\n"
        return self._sdl[role]
