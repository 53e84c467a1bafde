"""``autograd.misc.tracers``: functions as graphs. The work is done in hips/graphs.py."""

from ..hips.graphs import ConstGraphNode, FullGraphNode, const_graph, full_graph
