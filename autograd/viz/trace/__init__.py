"""What happened: a recording of values, gradients and calls as plain data. Nothing is drawn here."""
