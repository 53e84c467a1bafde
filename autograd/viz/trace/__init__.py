"""Traces: the values, gradients and module calls of one backward pass, as plain data. Nothing is drawn here."""
