"""What a reader of the C sees beside the loops: sections, equations, calls. No loop over elements is written here."""
