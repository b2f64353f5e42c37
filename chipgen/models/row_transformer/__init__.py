"""The model `row-transformer`: network, inference and sampling."""
