"""What things cost, as ratios, side by side in one run: ``python -m benchmarks``."""
