"""Tests of whole tasks: the pipeline, batches, provenance."""
