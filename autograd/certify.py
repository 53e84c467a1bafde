"""``python -m autograd.certify``: prove the gradient of every op on its samples. The work is done in proof/certificate.py."""

import sys

from .proof.certificate import *
from .proof.certificate import __all__ as __all__
from .proof.certificate import main

if __name__ == "__main__":
    sys.exit(main())
