# Ends what a test run started, also when the run itself is killed.
#
# Standard input carries one undo command per line; when it closes, for whatever reason, they run
# last first. Its own process group and these traps keep it alive past a Ctrl-C at the terminal.
trap '' HUP INT TERM

# end PID START: kills exactly the process that was started, never a later owner of its number.
end() {
    now=$(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 20)
    [ "$now" != "$2" ] || kill -9 "$1" 2>/dev/null
}

# is_there PID START: whether that very process has not ended.
is_there() {
    set -- "$2" $(sed 's/.*) //' "/proc/$1/stat" 2>/dev/null | cut -d ' ' -f 1,20)
    [ "${2:-Z}" != Z ] && [ "$3" = "$1" ]
}

# stop PID START DIR: lets a daemon end what it has started, and ends what is left of its containers:
# whoever has the directory of this run on the command line, as shims have, and their children.
stop() {
    ! is_there "$1" "$2" || kill -TERM "$1"
    for tries in $(seq 200); do
        is_there "$1" "$2" || break
        sleep 0.05
    done
    end "$1" "$2"
    for proc in /proc/[0-9]*; do
        printf '%s\n' "$3/" | grep -qsFf - "$proc/cmdline" || continue
        pid=${proc#/proc/}
        kill -9 $(cat "$proc/task/$pid/children" 2>/dev/null) "$pid" 2>/dev/null
    done
}

# end_all UID: a user made for the run owns nothing that outlives it.
end_all() {
    for tries in 1 2 3 4 5 6 7 8 9 10; do
        left=
        for proc in /proc/[0-9]*; do
            [ "$(stat -c %u "$proc" 2>/dev/null)" != "$1" ] || { left=1; kill -9 "${proc#/proc/}" 2>/dev/null; }
        done
        [ -n "$left" ] || return 0
        sleep 0.1
    done
}

# forget NAME: another run may hold the lock of /etc/passwd, and the kernel still a last process.
forget() {
    for tries in $(seq 100); do
        getent passwd "$1" >/dev/null || return 0
        userdel "$1" 2>/dev/null && return 0
        sleep 0.1
    done
    userdel --force "$1"
}

# remove DIR: first podman's own cleaning up after each container must have ended, which would make
# the directory anew; and whatever is still mounted below goes, so that rm cannot leave it.
remove() {
    for tries in $(seq 100); do
        printf '%s\n' "$1/" | grep -qsFf - /proc/[0-9]*/cmdline || break
        sleep 0.05
    done
    awk -v "dir=$1/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r |
        while read -r mounted; do umount -l "$mounted"; done
    rm -rf --one-file-system "$1"
}

undo=
while IFS= read -r line; do
    undo="$line
$undo"
done
cd / || exit
eval "$undo"
