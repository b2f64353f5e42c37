"""The model `tonnetz-lstm`: network, inference and sampling."""
