"""``np.f(tensor)``: NumPy's protocols, and what its functions mean for tensors, family by family. No op is declared here."""
