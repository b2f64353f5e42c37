"""The test suite: exact integers, physics, golden audio."""
