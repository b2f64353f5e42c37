"""Tests of what is heard now."""
