"""The same weights in every library that runs the program: they come from NumPy."""
import numpy as np, torch
def same_weights(model, seed=0, scale=None):
    rng=np.random.default_rng(seed)
    for n,p in model.named_parameters():
        s = scale if scale is not None else (1.0/np.sqrt(max(1,int(np.prod(p.shape[1:]))))  if p.dim()>1 else 0.1)
        v=torch.from_numpy((rng.standard_normal(tuple(p.shape))*s).astype(np.float32))
        with torch.no_grad():
            p.copy_(v if p.dim()>1 or 'bias' in n else v+1.0)
    return model


def numbers(*shape, seed):
    """Normal random numbers of a shape, float32."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape).astype(np.float32))
