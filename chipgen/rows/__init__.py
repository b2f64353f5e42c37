"""The four voices on a grid of rows: tempo and meter inference, encoding, features."""
