"""``autograd.scipy.stats.multivariate_normal``: the normal distribution of vectors, of arrays and boxes. See hips/scipy/."""

from ...hips.scipy import distributions

pdf, logpdf, entropy = (
    distributions.multivariate_normal.pdf,
    distributions.multivariate_normal.logpdf,
    distributions.multivariate_normal.entropy,
)
