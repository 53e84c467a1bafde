"""``autograd.scipy.stats.beta``: the beta distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

pdf, cdf, logpdf = (
    distributions.beta.pdf,
    distributions.beta.cdf,
    distributions.beta.logpdf,
)
