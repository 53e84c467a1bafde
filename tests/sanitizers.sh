#!/usr/bin/env bash
# Tests with the C of compiled functions under a sanitizer: tests/sanitizers.sh address|thread tests/test_compile.py ...
set -euo pipefail
export SANITIZER=$1
shift
SANITIZER_FOLDER=$(mktemp -d)
export SANITIZER_FOLDER
trap 'rm -rf "$SANITIZER_FOLDER"' EXIT
here=$(cd "$(dirname "$0")" && pwd)
libraries=$(gcc -print-file-name=libubsan.so)
[ "$SANITIZER" = thread ] && libraries=$(gcc -print-file-name=libtsan.so) || libraries="$(gcc -print-file-name=libasan.so) $libraries"
# Python itself frees little at its end, so leaks say nothing. Addresses are not drawn by lot: the thread sanitizer needs its own.
ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1 TSAN_OPTIONS="halt_on_error=1 ignore_noninstrumented_modules=1" \
    LD_PRELOAD="$libraries" PYTHONPATH="$here:${PYTHONPATH:-}" setarch -R python -m pytest -p sanitizers -p no:cacheprovider "$@"
