#!/bin/sh
# compile.sh OBJECT: the eBPF programs, for every architecture of this byte order. Part of the Maven build.
set -eu
here=$(dirname "$(readlink -f "$0")")
need() { echo "the fast path's eBPF programs are compiled by $1: apt-get install $2 (./dev setup does it)" >&2; exit 1; }
command -v clang >/dev/null || need clang clang
[ -e /usr/include/bpf/bpf_helpers.h ] || need "clang with libbpf's headers" libbpf-dev
mkdir -p "$(dirname "$1")"
# Headers of the C library's architecture directory: <asm/types.h>. -g for the maps' BTF; no paths of this machine in it.
cd "$here"
clang -target bpf -mcpu=v2 -O2 -g -fdebug-prefix-map="$here"=. -fdebug-compilation-dir=. -Wall -Wextra -Werror \
  -Wno-sign-compare -Wno-address-of-packed-member -isystem "/usr/include/$(uname -m)-linux-gnu" -c fastpath.bpf.c -o "$1"
