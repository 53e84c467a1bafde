"""``autograd.scipy.stats.norm``: the normal distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

pdf, cdf, sf, logpdf, logcdf, logsf = (
    distributions.norm.pdf,
    distributions.norm.cdf,
    distributions.norm.sf,
    distributions.norm.logpdf,
    distributions.norm.logcdf,
    distributions.norm.logsf,
)
