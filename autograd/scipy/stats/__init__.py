"""``autograd.scipy.stats``: densities and distribution functions, of arrays and boxes. The work is not done here, but in hips/."""

from . import beta, chi2, dirichlet, gamma, multivariate_normal, norm, poisson, t
