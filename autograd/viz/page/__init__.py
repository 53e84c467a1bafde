"""The page that steps through forward and backward: one HTML file that needs nothing else. Static pictures do
not live here.
"""
