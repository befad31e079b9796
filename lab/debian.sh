#!/bin/sh
# debian.sh DIRECTORY PACKAGE...: makes a small Debian of this machine's release, from where this machine gets its packages.
set -eu
directory=$1
shift
release=$(. /etc/os-release && echo "$VERSION_CODENAME")
sources=
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [ -f "$file" ] && grep -qi "debian.*main\|^Components:.*main" "$file" && grep -q "$release" "$file" && grep -qi "/debian" "$file"; then
        sources="$sources $file"
    fi
done
include=$(echo "$*" | tr ' ' ',')
# shellcheck disable=SC2086 # several files
exec mmdebstrap --quiet --variant=essential --include="$include" "$release" "$directory" $sources
