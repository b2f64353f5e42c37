"""The model `row-transformer`: its network, inference and sampling."""
