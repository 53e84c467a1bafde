"""The kernels of compiled steps, as C: products of matrices, convolutions. No entry of the list is lowered here."""
