"""Seats: how servers come to them, in every order and at once."""
