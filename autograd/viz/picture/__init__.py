"""Static pictures of a graph: DOT, SVG, architecture, memory. The page that steps through a graph does not live here."""
