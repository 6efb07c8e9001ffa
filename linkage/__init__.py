"""Crime outcome linkage: one package per layer; imports point one way."""
