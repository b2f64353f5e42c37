"""The model `tonnetz-lstm`: its network, inference and sampling."""
