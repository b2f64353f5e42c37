"""What composes: networks in torch, which are trained, and their inference, which needs none."""
