"""What the values of a tensor are: dtypes, shapes, whole numbers, devices, and how numbers are summed. No op lives here."""
