# shellcheck shell=bash disable=SC2154,SC2016
# What a scenario can say, beside `on`, `monitor` and `restart` of machines.sh. Sourced for each scenario in a shell of its
# own. A scenario sets `title`, and says what is wrong by `differs`; it holds when it has said nothing.

# differs TEXT…: what is not as it should be.
differs() { printf '%s\n' "$*" | tee -a "$complaints"; }

# note TEXT…: goes into the table, whatever the result.
note() { printf '%s\n' "$*" | tee -a "$notes"; }

# expect WHAT SHOULD IS
expect() { [ "$2" = "$3" ] || differs "$1: '$3' instead of '$2'"; }

# The shares are lines of box's /etc/fstab, which prepare writes; each has its mount at /mnt/NAME and a view of that at
# /media/NAME. use NAME…: both are mounted, the view with an empty cache, and there are empty folders to work in.
use() {
    local name
    put_away
    # Its clock stood still while the machine was stopped.
    on nas "date -s @$(on box date +%s.%N) >/dev/null"
    on nas 'for root in /srv/lib /srv/squash /srv/all; do rm -rf $root/work; install -d -m 777 -o 1000 -g 1000 $root/work $root/work/mnt $root/work/media; done'
    for name; do
        on box "mountpoint -q /mnt/$name || mount /mnt/$name" || { differs "/mnt/$name cannot be mounted"; return 1; }
        on box "! mountpoint -q /media/$name || umount /media/$name; rm -rf /var/cache/larder-$name; mount /media/$name" ||
            { differs "/media/$name cannot be mounted"; return 1; }
    done
}

# Takes views and mounts away that a scenario has left.
put_away() {
    on box 'for m in $(findmnt -rno TARGET -t fuse.larder); do timeout 30 umount "$m" || umount -l "$m"; done
        for m in /mnt/*; do ! mountpoint -q "$m" || timeout 60 umount "$m" || umount -f -l "$m"; done' >/dev/null 2>&1 || :
}

# run_in DIRECTORY USER COMMANDS: output and exit code of what is done in a new folder of that name, which is left out where it
# is said; after LIMIT seconds the commands are killed.
run_in() {
    printf "mkdir '%s' && cd '%s' || exit 99\n%s\n" "$1" "$1" "$3" | on box "cat >/tmp/commands; cd /
        su -s /bin/bash '$2' -c 'timeout -k 5 ${LIMIT:-180} bash /tmp/commands' </dev/null 2>&1; echo \"exit \$?\"" |
        sed "s|$1|HERE|g; s|/tmp/commands: line [0-9]*: ||; s|^bash: ||"
}

tried=0
# alike NAME COMMANDS [USER]: what the commands say and how they end is the same on the mount as on the view, each in a new
# folder. Some clients of the kernel fail now and then by themselves (SMB): where the two differ they are tried twice more, and what the
# view does as a disk of this machine does, and the mount does not, goes into the table.
alike() {
    local share=$1 user=${3:-me} attempt plain viewed own difference
    for attempt in 1 2 3; do
        tried=$((tried + 1))
        plain=$(run_in "/mnt/$share/work/mnt/$tried" "$user" "$2")
        viewed=$(run_in "/media/$share/work/media/$tried" "$user" "$2")
        case $plain in *'exit 99'*) differs "$share: the mount itself fails: $plain"; return ;; esac
        [ "$plain" != "$viewed" ] || return 0
        difference=$(diff <(printf '%s\n' "$plain") <(printf '%s\n' "$viewed") | head -n 12)
        on box 'rm -rf /var/tmp/own; mkdir -m 1777 /var/tmp/own'
        own=$(run_in "/var/tmp/own/$tried" "$user" "$2")
        if [ "$viewed" = "$own" ]; then
            note "$share: the mount fails, the view does not: $(grep -m 1 '^<' <<<"$difference" | cut -c 3-82)"
            return 0
        fi
        [ "$attempt" = 3 ] || note "$share: differs at first: $(tr '\n' ' ' <<<"$difference" | cut -c 1-80)"
    done
    differs "$share: $difference"
}

# seconds COMMAND…: how long it takes, in tenths.
seconds() {
    local begun
    begun=$(date +%s%N)
    "$@" >/dev/null
    awk -v took="$(($(date +%s%N) - begun))" 'BEGIN { printf "%.1f", took / 1e9 }'
}

# until_holds SECONDS COMMAND…: whether it succeeds within that time; how long that took in `waited`.
until_holds() {
    local begun=$SECONDS limit=$1
    shift
    until "$@"; do
        waited=$((SECONDS - begun))
        [ "$waited" -lt "$limit" ] || return 1
        sleep 1
    done
    waited=$((SECONDS - begun))
}

# until_true SECONDS COMMANDS: the same of commands on box.
until_true() { until_holds "$1" on box "$2" >/dev/null 2>&1; }

# seconds_to_login: from the start of box's kernel to multi-user.target, which is not what systemd-analyze calls the end of a boot:
# an automounter may still call the NAS then.
seconds_to_login() {
    until_true 300 'systemctl is-active multi-user.target' || differs 'multi-user.target is not reached' >&2
    on box 'systemctl show multi-user.target -p ActiveEnterTimestampMonotonic --value' | awk '{ printf "%.1f s", $1 / 1e6 }'
}

# The state of a view in one word, as programs are told it.
state_of() { on box "timeout 20 larder status /media/$1 --json" | python3 -c 'import json, sys
answer = json.load(sys.stdin)
print(answer["views"][0]["status"]["state"])' 2>/dev/null || echo none; }

is_state() { [ "$(state_of "$1")" = "$2" ]; }

# until_state SECONDS NAME STATE: until_holds, of what the view says.
until_state() { until_holds "$1" is_state "$2" "$3"; }

# lend_disk NAME SIZE FSID MOUNT_OPTIONS MKFS…: /srv/lib/NAME of nas is a disk of its own, empty, anybody's and exported.
lend_disk() {
    local name=$1 size=$2 number=$3 options=$4 said
    shift 4
    ! on nas "mountpoint -q /srv/lib/$name" || take_disk "$name"
    said=$(on nas "cd /srv; mkdir -p lib/$name; rm -f $name.img
        truncate -s $size $name.img && $* $name.img && mount -o loop$options $name.img lib/$name || exit 1
        rm -rf lib/$name/*; chmod 777 lib/$name
        grep -q lib/$name /etc/exports || echo '/srv/lib/$name 10.77.0.0/24(rw,no_root_squash,no_subtree_check,fsid=$number)' >>/etc/exports; exportfs -ra" 2>&1) ||
        { differs "the NAS cannot have the disk $name: $said"; return 1; }
    on box "rm -rf /var/$name; mkdir -m 1777 /var/$name"
}

# take_disk NAME: it is gone again. The server's caches hold it for a moment.
take_disk() {
    on nas "sed -i /srv.lib.$1/d /etc/exports; exportfs -ra"
    until_holds 60 on nas "exportfs -f; umount /srv/lib/$1" 2>/dev/null || differs "the NAS still needs the disk $1"
}

# alike_on DISK NAME COMMANDS: alike, in a new folder of that disk.
alike_on() { alike "$2" "f=\$(basename \"\$(dirname \"\$PWD\")\")\$(basename \"\$PWD\"); cd ../../../$1 && mkdir \$f && cd \$f || exit 99;$3"; }
