"""``autograd.scipy.stats.dirichlet``: the Dirichlet distribution, of arrays and boxes. The work is done in hips/scipy/."""

from ...hips.scipy import distributions

rvs, pdf, logpdf = (
    distributions.dirichlet.rvs,
    distributions.dirichlet.pdf,
    distributions.dirichlet.logpdf,
)
