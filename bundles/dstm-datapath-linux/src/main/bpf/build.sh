#!/bin/sh
# Compiles the programs that run in the kernel: build.sh SOURCE OUTPUT. They are the same for every processor of one byte order.
set -eu
source=$1
output=$2
here=$(cd "$(dirname "$0")" && pwd)
if ! command -v clang >/dev/null 2>&1; then
    echo "The compiler 'clang' is missing. On Debian or Ubuntu: apt-get install clang" >&2
    exit 1
fi
# The headers of Linux itself, where distributions put those of the machine.
machine=$(uname -m)
mkdir -p "$(dirname "$output")"
exec clang -target bpfel -mcpu=v3 -std=gnu11 -O2 -Wall -Wextra -Werror -Wno-address-of-packed-member \
    -I "/usr/include/$machine-linux-gnu" \
    "-ffile-prefix-map=$here=." \
    -c -o "$output" "$here/$source"
