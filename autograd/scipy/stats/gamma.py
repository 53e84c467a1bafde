"""``autograd.scipy.stats.gamma``: the gamma distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

pdf, cdf, logpdf = (
    distributions.gamma.pdf,
    distributions.gamma.cdf,
    distributions.gamma.logpdf,
)
