"""Losses that have rules of their own. Losses that are compositions live in nn/functional."""
