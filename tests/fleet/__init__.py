"""Activation keys, servers and groups, as logins change them."""
