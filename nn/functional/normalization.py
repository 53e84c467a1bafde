"""Normalisations, under the names of ``torch.nn.functional``. The work is done in autograd/functions/normalization.py."""

from autograd.functions.normalization import batch_norm, group_norm, instance_norm, layer_norm, local_response_norm, rms_norm
