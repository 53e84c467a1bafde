"""Lookups in tables, under the names of ``torch.nn.functional``. The work is done in autograd/functions/embedding.py."""

from autograd.functions.embedding import embedding, embedding_bag
