"""The layers: one family a file, named like the file of its functions. The class Module does not live here, but in nn/module.py."""
