# Shared by the scripts behind the Makefile; POSIX sh. The caller has done `set -eu` and sits in
# the root of the source tree.

larder=$PWD/.build/release/larder
slowshare=$PWD/.build/release/slowshare

say() { printf '%s\n' "$*"; }

fail() {
    printf '%s\n' "$*" >&2
    exit 1
}

need_swift() {
    command -v swift >/dev/null || fail \
        "swift is not installed: get the toolchain for this system from https://swift.org/install"
    # The toolchain wants packages of its own (libncurses, a linker, …), which its page lists.
    complaint=$(swift --version 2>&1) || fail \
        "swift does not start: see https://swift.org/install for what it needs on this system
$complaint"
}

# What runs anywhere: the Swift runtime is linked in.
build_release() {
    need_swift
    scripts/install-packages build run
    for product in "$@"; do
        swift build --configuration release --static-swift-stdlib --product "$product"
    done
}

# A directory of this user's own, also where others could have made it first.
own_directory() {
    mkdir -p -m 700 -- "$1"
    if [ ! -O "$1" ] || [ -L "$1" ]; then fail "$1 belongs to somebody else: remove it first"; fi
}

# Where `make up` notes what it mounted, for `make down`.
state=${XDG_RUNTIME_DIR:-/tmp}/larder-make-$(id -u)
# The demonstration's library, share, cache and view. /tmp may be in RAM; this should not be.
demo=/var/tmp/larder-demo-$(id -u)

# Make does not expand the tilde in VIEW=~/nas, nor does every shell.
expand_tilde() {
    case $1 in
    "~") printf '%s\n' "$HOME" ;;
    "~/"*) printf '%s/%s\n' "$HOME" "${1#"~/"}" ;;
    *) printf '%s\n' "$1" ;;
    esac
}
