"""Scenarios that go through the whole house."""
