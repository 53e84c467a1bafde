"""From the list of NumPy calls to statements: loops, products, convolutions. No statement is changed or joined here."""
