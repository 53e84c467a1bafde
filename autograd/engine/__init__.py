"""The engine: what an op is, how its calls are recorded in a graph, and how gradients are carried back through that graph.
Neither an op nor a method of Tensor lives here.
"""
