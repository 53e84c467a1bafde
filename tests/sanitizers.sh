#!/usr/bin/env bash
# Tests with the C of compiled functions under AddressSanitizer and UndefinedBehaviorSanitizer: tests/sanitizers.sh tests/test_compile.py ...
set -euo pipefail
SANITIZER_FOLDER=$(mktemp -d)
export SANITIZER_FOLDER
trap 'rm -rf "$SANITIZER_FOLDER"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
# Python itself frees little at its end, so leaks say nothing.
ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 \
    LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" PYTHONPATH="$here:${PYTHONPATH:-}" \
    python -m pytest -p sanitizers -p no:cacheprovider "$@"
