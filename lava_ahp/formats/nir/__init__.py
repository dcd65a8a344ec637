"""Networks from and to NIR, the Neuromorphic Intermediate Representation (docs/nir.md).

The package ``nir`` is imported when it is used (``pip install 'lava-ahp[nir]'``).
"""
