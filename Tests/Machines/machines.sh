# shellcheck shell=bash disable=SC2154
# The two machines: "nas" serves, "box" has the views. Sourced by scripts/test-vm; bash. The caller has set `images`, the
# directory with root.img, vmlinuz, initrd and key of one Debian release.
#
# They see each other as 10.77.0.1 and 10.77.0.2 through datagrams on loopback, are reached from here by ssh through
# QEMU's own network, and reach nothing else.

# The ports of nas; box has the next ones. Several laboratories at a time need several of these.
ports=${LARDER_MACHINES_PORTS:-22510}

machine_number() {
    case $1 in
    nas) echo 1 ;;
    box) echo 2 ;;
    *) fail "there is no machine '$1': nas or box" ;;
    esac
}

# on nas|box|me COMMAND…: runs a command inside as root; me: as the user "me" of box.
on() {
    local machine=$1 user=root
    shift
    [ "$machine" != me ] || { machine=box user=me; }
    # One connection for all commands: each takes a second to set up where the machine is emulated.
    ssh -q -i "$images/key" -p "$((ports + $(machine_number "$machine")))" -o BatchMode=yes -o ConnectTimeout=10 \
        -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ServerAliveInterval=30 -o ServerAliveCountMax=20 \
        -o ControlMaster=auto -o ControlPersist=60 -o ControlPath="$images/$machine.%r.ssh" "$user@127.0.0.1" "$@"
}

forget_connections() { rm -f "$images/$1".*.ssh; }

# Pauses and continues a machine from outside, or cuts its power: QEMU's words stop, cont, system_reset, quit.
monitor() {
    python3 - "$images/$1.monitor" "$2" <<'END'
import socket, sys
monitor = socket.socket(socket.AF_UNIX)
monitor.settimeout(10)
monitor.connect(sys.argv[1])
def until_prompt():
    answer = b""
    while not answer.endswith(b"(qemu) "):
        part = monitor.recv(65536)
        if not part:
            break
        answer += part
until_prompt()
monitor.sendall(sys.argv[2].encode() + b"\n")
until_prompt()
END
}

is_running() { [ -e "$images/$1.pid" ] && kill -0 "$(cat "$images/$1.pid")" 2>/dev/null; }

# start MACHINE: from its own disk, an overlay over root.img that is made where it is missing. Does not wait.
start() {
    local name=$1 number memory accelerator processor
    number=$(machine_number "$name")
    [ -e "$images/$name.qcow2" ] || qemu-img create -q -f qcow2 -F raw -b "$images/root.img" "$images/$name.qcow2"
    forget_connections "$name"
    memory=2048
    [ "$name" = box ] || memory=1024
    accelerator=tcg,thread=multi processor=max
    [ "${ACCEL:-tcg}" != kvm ] || { accelerator=kvm processor=host; }
    qemu-system-x86_64 -accel "$accelerator" -cpu "$processor" -smp "${PROCESSORS:-1}" -m "$memory" -name "$name" \
        -no-user-config -nodefaults -display none -kernel "$images/vmlinuz" -initrd "$images/initrd" \
        -append "root=/dev/vda rw console=ttyS0 systemd.hostname=$name net.ifnames=0 mitigations=off no_console_suspend" \
        -drive "file=$images/$name.qcow2,if=virtio,format=qcow2,cache=unsafe" \
        -netdev "user,id=user,restrict=on,hostfwd=tcp:127.0.0.1:$((ports + number))-:22" \
        -device "virtio-net-pci,netdev=user,mac=52:54:00:77:01:0$number,romfile=" \
        -netdev "dgram,id=link,local.type=inet,local.host=127.0.0.1,local.port=$((ports + 10 + number)),remote.type=inet,remote.host=127.0.0.1,remote.port=$((ports + 13 - number))" \
        -device "virtio-net-pci,netdev=link,mac=52:54:00:77:00:0$number,romfile=" \
        -device virtio-rng-pci -chardev "file,id=console,path=$images/$name.log" -serial chardev:console \
        -monitor "unix:$images/$name.monitor,server=on,wait=off" -pidfile "$images/$name.pid" -daemonize
}

# Until ssh answers. Seconds in ANSWER_SECONDS: an emulated machine needs a minute or two.
wait_for() {
    local until=$((SECONDS + ${ANSWER_SECONDS:-400}))
    while ! on "$1" true 2>/dev/null; do
        is_running "$1" || fail "$1 ended by itself: $images/$1.log"
        [ "$SECONDS" -lt "$until" ] || fail "$1 does not answer: $images/$1.log"
        sleep 1
    done
}

# restart MACHINE: an orderly reboot; with `hard`, the power goes.
restart() {
    local before
    # Another boot has another one.
    before=$(on "$1" cat /proc/sys/kernel/random/boot_id)
    if [ "${2:-}" = hard ]; then monitor "$1" system_reset; else on "$1" systemctl reboot || :; fi
    forget_connections "$1"
    local until=$((SECONDS + ${ANSWER_SECONDS:-400}))
    until on "$1" cat /proc/sys/kernel/random/boot_id 2>/dev/null | grep -qv "$before"; do
        [ "$SECONDS" -lt "$until" ] || fail "$1 does not come back: $images/$1.log"
        sleep 1
    done
}

stop_machine() {
    is_running "$1" || return 0
    on "$1" 'sync; systemctl poweroff' 2>/dev/null || :
    local until=$((SECONDS + 120))
    while is_running "$1" && [ "$SECONDS" -lt "$until" ]; do sleep 1; done
    ! is_running "$1" || monitor "$1" quit || :
    forget_connections "$1"
}
