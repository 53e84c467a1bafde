"""Images sampled, resized and folded, under the names of ``torch.nn.functional``.

The work is done in autograd/functions/vision.py.
"""

from autograd.functions.vision import (
    affine_grid,
    channel_shuffle,
    fold,
    grid_sample,
    interpolate,
    pixel_shuffle,
    pixel_unshuffle,
    unfold,
    upsample,
    upsample_bilinear,
    upsample_nearest,
)
