# Karafs of the assembled distribution, one a namespace. Sourced by lab.

karaf_home() { echo "$LAB_DIR/karaf/$1"; }

karaf_archive() {
    local archive
    if [ -n "${LAB_DISTRIBUTION:-}" ]; then
        archive="$LAB_DISTRIBUTION"
    else
        archive="$(ls -t "$LAB_ROOT"/karaf-distribution/target/*.tar.gz 2>/dev/null | head -1)"
    fi
    [ -f "$archive" ] || die "no distribution in karaf-distribution/target; build it with 'mvn -DskipTests install'"
    echo "$archive"
}

karaf_prepare() {
    [ $# -ge 2 ] || usage
    known "$1"
    local name="$1" home archive role
    shift
    home="$(karaf_home "$name")"
    [ ! -e "$home" ] || die "$name has a Karaf already: $home"
    if [ "$1" = stock ]; then
        [ -f "${LAB_STOCK_KARAF:-}" ] || die "LAB_STOCK_KARAF must name the archive of an Apache Karaf"
        archive="$LAB_STOCK_KARAF"
        shift
        set -- shell
    else
        archive="$(karaf_archive)"
    fi
    mkdir -p "$home"
    tar -xzf "$archive" -C "$home" --strip-components=1
    if [ "$1" = shell ]; then
        echo '_g_\:admins = group,ssh,viewer,manager,admin,systembundles' >>"$home/etc/users.properties"
    else
        karaf_roles "$home" "$@"
    fi
    echo "$*" >"$home/roles"
    [ ! -e "$LAB_DIR/bpf" ] || echo "dstm.bpf = $LAB_DIR/bpf" >>"$home/etc/system.properties"

    # There is no user; a login of this run alone, known to this directory alone.
    local password
    password="$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
    (umask 077 && echo "$password" >"$home/password")
    echo "lab = $password,_g_:admins" >>"$home/etc/users.properties"
}

karaf_roles() {
    local home="$1" role
    shift
    for role in "$@"; do
        [ "$role" != console ] || continue
        [ -d "$LAB_HOME/etc/$role" ] || die "no role '$role'; there are: server, tep, client, console"
        cp "$LAB_HOME/etc/$role/"*.cfg "$home/etc/"
    done
    (cd "$home" && bin/dstm-role "$@") >/dev/null || die "bin/dstm-role refused: $*"
}

karaf_start() {
    [ $# -ge 1 ] || usage
    known "$1"
    local name="$1" home role
    shift
    home="$(karaf_home "$name")"
    [ -e "$home" ] || karaf_prepare "$name" "$@"
    ! karaf_runs "$name" || die "the Karaf of $name runs already"
    rm -f "$home/lock"
    (
        cd "$home"
        # A home of its own, and empty: what lies in ~/.m2 of this machine must not help it.
        mkdir -p home
        export DSTM_STATE_FILE="$home/state" HOME="$home/home" EXTRA_JAVA_OPTS="-Duser.home=$home/home"
        setsid ip netns exec "$(ns "$name")" bin/karaf daemon >>"$home/console.log" 2>&1 </dev/null &
        echo $! >"$home/pid"
    )
    for role in shell $(cat "$home/roles"); do
        if ! within "${LAB_BOOT_SECONDS:-120}" settled "$name" "$role" || gone "$(cat "$home/pid")"; then
            tail -n 60 "$home/console.log" "$home/data/log/karaf.log" >&2 || true
            die "the Karaf of $name did not get $role ready"
        fi
    done
}

# No need to wait for a Karaf that has ended. While it boots, a port may be closed once more when its configuration comes.
settled() { { ready "$1" "$2" && sleep 0.2 && ready "$1" "$2"; } || gone "$(cat "$(karaf_home "$1")/pid")"; }

# A role works when the kernel shows it: nobody of the Karaf is asked.
ready() {
    karaf_runs "$1" || return 1
    case "$2" in
    shell) listens "$1" -t 8101 ;;
    server) listens "$1" -u 547 ;;
    tep) is_up "$1" dstm-tep ;;
    client) is_up "$1" dstm0 && listens "$1" -u 53 ;;
    console) listens "$1" -t 8181 ;;
    esac
}

# No "| grep -q" here: grep leaves early, the writer dies of it, and pipefail makes a failure of that.
is_up() { [ -n "$(ip -n "$(ns "$1")" link show dev "$2" up 2>/dev/null)" ]; }

listens() { [ -n "$(ip netns exec "$(ns "$1")" ss -Hln "$2" "sport = :$3")" ]; }

# The pid counts only while it lives in its namespace: pids are used again.
karaf_runs() {
    local pid
    pid="$(cat "$(karaf_home "$1")/pid" 2>/dev/null)" || return 1
    [[ $'\n'"$(ip netns pids "$(ns "$1")")"$'\n' == *$'\n'"$pid"$'\n'* ]]
}

# Gone from the namespace is not yet gone: the last threads hold the sockets a moment longer, and the next Karaf would seem ready.
karaf_stopped() { ! karaf_runs "$1" && gone "$(cat "$(karaf_home "$1")/pid")"; }

karaf_stop() {
    [ $# = 1 ] || usage
    known "$1"
    karaf_runs "$1" || return 0
    kill -TERM "$(cat "$(karaf_home "$1")/pid")"
    within 60 karaf_stopped "$1" || die "the Karaf of $1 does not stop"
}

karaf_kill() {
    [ $# = 1 ] || usage
    known "$1"
    karaf_runs "$1" || return 0
    kill -KILL "$(cat "$(karaf_home "$1")/pid")"
    within 10 karaf_stopped "$1" || die "the Karaf of $1 survived kill -9"
}

karaf_shell() {
    [ $# = 2 ] || usage
    known "$1"
    local home
    home="$(karaf_home "$1")"
    # -b reads the command from its input: with the command as an argument the client closes the session at end of input.
    echo "$2" | ip netns exec "$(ns "$1")" "$home/bin/client" -b -u lab -p "$(cat "$home/password")" 2>/dev/null
}

karaf_logs() {
    [ $# = 1 ] || usage
    local home name
    mkdir -p "$1"
    for home in "$LAB_DIR"/karaf/*; do
        [ -d "$home" ] || continue
        name="$(basename "$home")"
        mkdir -p "$1/$name"
        cp "$home/console.log" "$home"/data/log/karaf.log* "$home"/etc/io.dstm.*.cfg "$1/$name/" 2>/dev/null || true
    done
    cp "$LAB_DIR"/*.log "$1/" 2>/dev/null || true
}
