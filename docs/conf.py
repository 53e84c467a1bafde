"""The documentation's build: ``sphinx-build -W docs out/docs``. Its pages run while they are built, and can be read offline."""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent)]
# The pages run in processes of their own, which find the engine and the pages' helpers as this one does.
os.environ["PYTHONPATH"] = os.pathsep.join([str(HERE / "_ext"), str(HERE.parent), os.environ.get("PYTHONPATH", "")])
os.environ.setdefault("OMP_NUM_THREADS", "1")

project = "Glassgrad"
copyright = "Glassgrad's authors, MIT licence"
extensions = ["myst_nb", "sphinx.ext.mathjax", "reference", "bigrams", "links"]
exclude_patterns = ["_build", "_ext", ".jupyter_cache", "**/.ipynb_checkpoints"]
language = "en"
html_search_language = "bigrams"  # English words, and pairs of Chinese characters

myst_enable_extensions = ["dollarmath", "amsmath", "deflist", "colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_timeout = 300
nb_execution_in_temp = True
nb_merge_streams = True

html_theme = "furo"
html_title = "Glassgrad"
html_static_path = ["_static"]
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
html_css_files = ["pages.css"]

# Mathematics without a network: one file of MathJax, which a Python package ships. The package is not imported.
_mathjax = find_spec("mathjax")
_places = [Path(p) for p in (_mathjax.submodule_search_locations or [])] if _mathjax else []
_file = next((p / "static" / "mathjax" / "es5" / "tex-svg.js" for p in _places), None)
if _file is None or not _file.exists():
    raise SystemExit("the pages' mathematics needs a file that a package ships: pip install django-static-mathjax==3.2.2.1")
html_static_path.append(str(_file))
mathjax_path = "tex-svg.js"
