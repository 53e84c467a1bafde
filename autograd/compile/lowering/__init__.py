"""From the list of NumPy calls to loops, products and convolutions."""
