"""Tests of `chipgen.rows`."""
