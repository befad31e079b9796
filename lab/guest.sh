#!/usr/bin/env bash
# guest.sh DIRECTORY COMMAND...: runs a DHCPv6 program of Debian's in this network namespace as if on a machine of its own: with
# copies of its own of /etc, /run and of what it remembers below /var/lib, all kept in DIRECTORY from run to run.
set -euo pipefail
home="$1"
shift

if [ ! -e "$home/etc" ]; then
    mkdir -p "$home/run" "$home/log"
    cp -a /etc "$home/etc"
    # Programs put a new file in its place, which they cannot where ours is mounted.
    rm -f "$home/etc/resolv.conf"
fi
# "ip netns exec" has given us mounts of our own, so nobody else sees these.
mount --make-rprivate /
for place in dhcp dhcpcd dibbler; do
    if [ -d "/var/lib/$place" ]; then
        [ -e "$home/$place" ] || cp -a "/var/lib/$place" "$home/$place"
        mount --bind "$home/$place" "/var/lib/$place"
    fi
done
mount --bind "$home/log" /var/log
mount --bind "$home/run" /run
umount /etc/resolv.conf 2>/dev/null || true
mount --bind "$home/etc" /etc
exec "$@"
