#!/bin/sh
# Compiles the native part of the datapath: build.sh x86_64|aarch64 OUTPUT [PROGRAM.c FLAGS...]
# With a third argument and more it compiles that program, which may include the library's header, instead of the library.
set -eu
machine=$1 output=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)

# The triplet's compiler is there on Debian and wherever one compiles for another machine; elsewhere gcc is the machine's own.
compiler=$machine-linux-gnu-gcc
if ! command -v "$compiler" >/dev/null 2>&1; then
    if command -v gcc >/dev/null 2>&1 && [ "$(gcc -dumpmachine | cut -d- -f1)" = "$machine" ]; then
        compiler=gcc
    else
        package=gcc-$(echo "$machine" | tr _ -)-linux-gnu
        echo "The C compiler '$compiler' is missing. On Debian or Ubuntu: apt-get install $package" >&2
        exit 1
    fi
fi
mkdir -p "$(dirname "$output")"
if [ $# -eq 0 ]; then
    set -- -shared -Wl,-z,defs "$here/common.c" "$here/tun.c" "$here/raw6.c" "$here/offload.c" "$here/netlink.c" \
        "$here/bpf.c" "$here/xsk.c" "$here/ring.c"
else
    set -- -I "$here" "$@"
fi
# The paths of this machine stay out of the file, so that two builds are the same bit by bit.
exec "$compiler" -std=c11 -O2 -fPIC -fvisibility=hidden \
    -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 \
    -Wall -Wextra -Wconversion -Wshadow -Werror \
    -Wl,-z,relro,-z,now,-z,noexecstack -Wl,-s \
    "-ffile-prefix-map=$here=." \
    -o "$output" "$@"
