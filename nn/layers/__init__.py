"""The layers: one family of Modules a file, named like the file of its functions. What a Module is lives in nn/module.py."""
