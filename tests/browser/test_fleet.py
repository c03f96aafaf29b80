"""A Server Management login at work in GraphiQL: a key is made, a machine registers with it, is seen, and removed."""

import httpx
import pytest

from tests.browser.visit import Visit

pytestmark = pytest.mark.browser

CATALOGUE = "{ products(families: [LIVE_PATCHING]) { id code } }"
CREATE = """mutation {{ createActivationKey(input: {{ productId: "{product}", limit: 1, note: "By hand" }}) {{
  activationKey {{ id key used limit isDefault }} userErrors {{ code field }} }} }}"""
LIST = """query {{ viewer {{ account {{ servers(filter: {{ activationKeyIds: ["{key}"] }}) {{
  totalCount nodes {{ id hostname ip state installedProducts {{ product {{ code }} version }} }} }} }} }} }}"""
REMOVE = """mutation {{ removeServers(input: {{ ids: ["{server}"] }}) {{
  deletedIds activationKeys {{ used }} userErrors {{ code }} }} }}"""
REGISTER = """mutation ($input: RegisterServerInput!) { registerServer(input: $input) {
  serverToken userErrors { code } } }"""
MACHINE = {"machineId": "b01d0000c0ffee", "hostname": "web-1.example.com", "version": "1.0"}


def register(url: str, key: str) -> dict[str, object]:
    """What a machine's agent does, in a call of its own."""
    given = {"query": REGISTER, "variables": {"input": {"activationKey": key, **MACHINE}}}
    answer = httpx.post(f"{url}/graphql", json=given).json()
    assert "errors" not in answer, answer
    told: dict[str, object] = answer["data"]["registerServer"]
    return told


def test_a_key_is_made_a_machine_registers_and_is_removed(visit: Visit) -> None:
    visit.sign_in("server-management")
    visit.replace_operation(CATALOGUE)
    products = {product["code"]: product["id"] for product in visit.run()["data"]["products"]}
    visit.replace_operation(CREATE.format(product=products["kernelcare"]))
    created = visit.run()["data"]["createActivationKey"]
    assert created["userErrors"] == []
    key = created["activationKey"]
    assert (len(key["key"]), key["used"], key["limit"], key["isDefault"]) == (16, 0, 1, False)

    assert register(visit.url, key["key"])["serverToken"]
    visit.replace_operation(LIST.format(key=key["id"]))
    listed = visit.run()["data"]["viewer"]["account"]["servers"]
    assert listed["totalCount"] == 1
    [server] = listed["nodes"]
    assert (server["hostname"], server["ip"], server["state"]) == ("web-1.example.com", "127.0.0.1", "NEVER_SEEN")
    assert server["installedProducts"] == [{"product": {"code": "kernelcare"}, "version": "1.0"}]

    visit.replace_operation(REMOVE.format(server=server["id"]))
    removed = visit.run()["data"]["removeServers"]
    assert removed == {"deletedIds": [server["id"]], "activationKeys": [{"used": 0}], "userErrors": []}
    visit.replace_operation(LIST.format(key=key["id"]))
    assert visit.run()["data"]["viewer"]["account"]["servers"]["totalCount"] == 0
