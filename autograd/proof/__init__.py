"""Proofs of gradients: finite differences, gradcheck, and the certificate of all ops. The samples live with the ops that they
prove.
"""
