"""Tests of `chipgen.models.row_transformer`."""
