"""``np.f(tensor)``: NumPy's protocols, and an adapter for each function whose signature is not the op's. No op is declared here."""
