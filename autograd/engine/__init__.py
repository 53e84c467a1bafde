"""The engine: what an op is, how a call of one is recorded, and how gradients are swept back. No op and no method of Tensor
lives here.
"""
