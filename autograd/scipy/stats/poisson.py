"""``autograd.scipy.stats.poisson``: the Poisson distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

pmf, cdf, logpmf = (
    distributions.poisson.pmf,
    distributions.poisson.cdf,
    distributions.poisson.logpmf,
)
