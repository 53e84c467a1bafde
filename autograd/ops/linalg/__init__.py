"""Ops of matrices: products, inverses, factorisations. What acts on numbers one by one does not live here."""
