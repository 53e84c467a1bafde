"""What a reader of the C sees beside the loops: equations, functions for loops that are alike."""
