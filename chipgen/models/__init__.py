"""The models: networks in torch for training, and inference without torch."""
