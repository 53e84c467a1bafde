#!/bin/sh
# A compiler for $CC that optimises little, where many programs run once.
exec cc "$@" -O1
