"""Attention, under the names of ``torch.nn.functional``. The work is done in autograd/functions/attention.py."""

from autograd.functions.attention import multi_head_attention_forward, scaled_dot_product_attention
