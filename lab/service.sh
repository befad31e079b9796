#!/bin/sh
# service.sh ROOT COMMAND...: runs a command in the Debian below ROOT as its systemd would run dstm.service: the unit's user, its
# capabilities and no way to more, everything read-only but the service's own directories. In the network namespace of the caller.
set -eu
root=$1
shift
unit=$root/lib/systemd/system/dstm.service
of() { sed -n "s/^$1=//p" "$unit"; }
capabilities=$(of AmbientCapabilities | tr 'A-Z' 'a-z' | sed 's/cap_/+/g; s/ /,/g')
install -d -o "$(awk -F: '$1 == "dstm" { print $3 }' "$root/etc/passwd")" "$root/run/dstm"
mkdir -p "$root/dev/net"
# Two commands may begin at once: who comes second finds it made.
[ -c "$root/dev/net/tun" ] || mknod -m 0666 "$root/dev/net/tun" c 10 200 2>/dev/null || [ -c "$root/dev/net/tun" ]
export root capabilities
user=$(of User) state=$(sed -n 's/^Environment=DSTM_STATE_FILE=//p' "$unit")
export user state
exec unshare --mount --propagation private sh -euc '
    mount --bind "$root" "$root"
    mount -t proc proc "$root/proc"
    for own in /var/lib/dstm /var/log/dstm /etc/dstm /run/dstm /tmp /dev; do
        mount --bind "$root$own" "$root$own"
    done
    mount -o remount,bind,ro "$root"
    exec chroot "$root" setpriv --reuid "$user" --regid "$user" --init-groups --no-new-privs --bounding-set "-all,$capabilities" \
        --inh-caps "-all,$capabilities" --ambient-caps "-all,$capabilities" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/var/lib/dstm DSTM_STATE_FILE="$state" "$@"
' sh "$@"
