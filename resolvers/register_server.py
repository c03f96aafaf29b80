"""Registering a server: its agent shows an activation key, and is told the token of the registration.

The same machine with a key of the same license type is the same registration, however often and at whatever time it
asks: a retry that brings nothing new is one look at the database and takes no lock. What is new is judged again under
the rows that it changes.
"""

import re
from dataclasses import dataclass
from uuid import UUID

from auth.server_tokens import ServerToken
from models.audit import Action, Change, Target
from models.db import Transaction
from models.entities import SERVER
from models.errors import UserFault, UserFaults
from models.queries import audit, check_ins, registering, seats
from models.queries.registering import Machine, Standing
from models.seats import HeldRegistration, Seats, refusals
from resolvers.agents import refuse, throttle, unknown_key, version_of, with_key
from resolvers.checks import host_name
from resolvers.context import RequestContext
from resolvers.many_networks import note_network

KEY_FIELD = ["activationKey"]

_KEY = re.compile(r"([A-Z0-9_]{1,20}-)?[A-Za-z0-9]{16,24}")
_MACHINE_ID = re.compile(r"[!-~]{1,128}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an agent sent, as it was typed."""

    activation_key: str
    machine_id: str
    hostname: str
    version: str | None


async def register_server(context: RequestContext, asked: Asked) -> str:
    """Register the machine that asks, and return its token: the same one each time."""
    throttle(context, asked.activation_key)
    machine = _machine(context, asked)
    async with context.db.read() as reader:
        known = await registering.look(reader, possible_key(asked.activation_key), machine.machine_id)
    if known is None:
        raise unknown_key(KEY_FIELD)
    standing = known.standing
    registration_id = None if standing is None else standing.registration_id
    if standing is not None and registration_id is not None and _brings_nothing_new(known.seats, standing, machine):
        refuse(refusals(known.seats, KEY_FIELD, address=machine.ip, seated=True))
        return _token(context, registration_id, standing.epoch)
    return await context.db.transact(lambda session: _registered(context, session, known.seats, machine))


def possible_key(text: str) -> str:
    """The key, or one that no key is, for what cannot be a key: it takes the same work to find neither."""
    return text if _KEY.fullmatch(text) else ""


def _machine(context: RequestContext, asked: Asked) -> Machine:
    """The machine that asks, where nothing is wrong with what it says."""
    faults, hostname, version = [], "", None
    if not _MACHINE_ID.fullmatch(asked.machine_id):
        message = "A machine id has 1 to 128 printable ASCII characters and no blanks."
        faults.append(UserFault("INVALID" if asked.machine_id else "REQUIRED", message, ["machineId"]))
    try:
        hostname = host_name(asked.hostname)
    except UserFault as fault:
        faults.append(UserFault(fault.code, fault.message, ["hostname"]))
    try:
        version = version_of(asked.version)
    except UserFault as fault:
        faults.append(fault)
    if context.peer_ip is None:
        faults.append(UserFault("ADDRESS_NOT_ALLOWED", "The address that you call from is not known."))
    if faults or context.peer_ip is None:
        raise UserFaults(faults)
    return Machine(asked.machine_id, hostname, context.peer_ip, version)


def _brings_nothing_new(asked: Seats, standing: Standing, machine: Machine) -> bool:
    return standing.held_by == asked.key_id and standing.tells(machine) and standing.runs(machine)


def _token(context: RequestContext, registration_id: UUID, epoch: int) -> str:
    return context.authority.server_tokens.written(ServerToken(registration_id, epoch))


async def _registered(context: RequestContext, session: Transaction, known: Seats, machine: Machine) -> str:
    """Register under lock, for whatever the key and the machine are by now."""
    held = await seats.hold_keys(session, [known.account_id], [known.key_id], machine_id=machine.machine_id)
    asked = held.get(known.key_id)
    if asked is None:
        raise unknown_key(KEY_FIELD)
    standing = await registering.hold_standing(session, asked, machine)
    registration = _registration(asked, standing)
    left = None if registration is None else held[registration.key_id]
    moving = left is not None and left.key_id != asked.key_id
    refuse(refusals(asked, KEY_FIELD, address=machine.ip, moving=moving, seated=left is not None and not moving))
    work = Work(context, session, asked, machine)
    if standing is None or registration is None or left is None:
        return await work.take(standing)
    return await work.keep(standing, registration, left)


def _registration(asked: Seats, standing: Standing | None) -> HeldRegistration | None:
    """The registration of the machine's server, held by the rows above it."""
    if standing is None or standing.registration_id is None or standing.held_by is None:
        return None
    return HeldRegistration(standing.registration_id, standing.server_id, standing.held_by, asked.license_type_id)


@dataclass(frozen=True, slots=True)
class Work:
    """What a registration that nothing refuses changes, under the rows that it holds."""

    context: RequestContext
    session: Transaction
    seats: Seats
    machine: Machine

    async def take(self, standing: Standing | None) -> str:
        """Take a seat: for a machine that has no server yet, or for one product more on its server."""
        machine, at = self.machine, self.context.now
        if standing is None:
            server_id = await registering.add_server(self.session, self.seats.account_id, machine, at)
            changes = [Change("hostname", None, machine.hostname), Change("ip", None, machine.ip)]
        else:
            server_id, changes = standing.server_id, await self._updated(standing)
        registration_id = await seats.take(self.session, self.seats, server_id, machine.hostname, at)
        if machine.version is not None:
            await check_ins.tell_version(self.session, registration_id, machine.version)
        await self._noted(Action.SERVER_REGISTERED, server_id, [*changes, Change("key", None, self.seats.key)])
        return _token(self.context, registration_id, 0)

    async def keep(self, standing: Standing, registration: HeldRegistration, left: Seats) -> str:
        """Keep the registration, with what the machine brings: another key, another name or address, a version."""
        changes = await self._updated(standing)
        action = Action.SERVER_ADOPTED if standing.machine_id is None else Action.SERVER_UPDATED
        if left.key_id != self.seats.key_id:
            await seats.move(self.session, self.seats, registration, self.context.now)
            action = Action.SERVER_MOVED
            changes.append(Change("key", left.key, self.seats.key))
        version = self.machine.version
        if version is not None and not standing.runs(self.machine):
            await check_ins.tell_version(self.session, registration.id, version)
            changes.append(Change("version", standing.version, version))
        if changes:
            await self._noted(action, standing.server_id, changes)
        return _token(self.context, registration.id, standing.epoch)

    async def _updated(self, standing: Standing) -> list[Change]:
        """Let the server say what its machine says; what that changes."""
        if standing.tells(self.machine):
            return []
        await registering.update_server(self.session, self.seats.account_id, standing.server_id, self.machine)
        said = (("machineId", "machine_id"), ("hostname", "hostname"), ("ip", "ip"))
        return [Change(name, getattr(standing, column), getattr(self.machine, column)) for name, column in said]

    async def _noted(self, action: Action, server_id: UUID, changes: list[Change]) -> None:
        """Write into the log what was done with the key, and from where."""
        origin = with_key(self.context, self.seats.account_id, self.seats.key)
        target = Target(SERVER, server_id, self.machine.hostname)
        await audit.record(self.session, origin, action, target, changes)
        await note_network(self.session, origin, self.seats, self.machine.ip)
