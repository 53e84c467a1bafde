"""``autograd.scipy.stats.t``: Student's t distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

pdf, cdf, logpdf, logcdf = (
    distributions.t.pdf,
    distributions.t.cdf,
    distributions.t.logpdf,
    distributions.t.logcdf,
)
