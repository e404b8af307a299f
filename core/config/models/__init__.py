"""Encoders of timm and torchvision by name, and weights to start from."""
