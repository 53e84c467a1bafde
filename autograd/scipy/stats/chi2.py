"""``autograd.scipy.stats.chi2``: the chi-squared distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

pdf, cdf, logpdf = (
    distributions.chi2.pdf,
    distributions.chi2.cdf,
    distributions.chi2.logpdf,
)
