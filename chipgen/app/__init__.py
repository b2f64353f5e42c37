"""The one place that knows all stages: the pipeline, and batches of files."""
