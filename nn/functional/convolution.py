"""Convolutions, under the names of ``torch.nn.functional``. The work is done in autograd/functions/convolution.py."""

from autograd.functions.convolution import conv1d, conv2d, conv3d, conv_tbc, conv_transpose1d, conv_transpose2d, conv_transpose3d
