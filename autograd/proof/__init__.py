"""Proofs of gradients: finite differences, gradcheck, and the certificate of all ops. The samples do not live
here, but with the ops that they prove.
"""
