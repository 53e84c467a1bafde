"""Batches: stand-ins for arrays that hold one array per example, and compute on all at once. vmap itself does not live here."""
