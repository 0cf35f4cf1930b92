# Shared by the scripts behind the Makefile; POSIX sh. The caller has done `set -eu` and sits in
# the root of the source tree.

larder=$PWD/.build/release/larder
slowshare=$PWD/.build/release/slowshare
trainer=$PWD/.build/release/larder-train

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
    forget_modules_of_other_places
}

# Compiled modules have the path of the tree in them that they were made for, and are refused in one that was moved or copied.
forget_modules_of_other_places() {
    place=.build/built-at
    [ ! -d .build ] || [ "$(cat "$place" 2>/dev/null)" = "$PWD" ] || rm -rf .build/*/*/ModuleCache .build/*/*/*/ModuleCache
    mkdir -p .build
    printf '%s\n' "$PWD" >"$place"
}

# swiftc links with gold, a package of its own since Debian 13. GNU ld, which it falls back to, makes no program with RELRO.
need_gold() { command -v ld.gold >/dev/null || scripts/install-packages linker; }

# What runs anywhere: the Swift runtime is linked in.
build_release() {
    need_swift
    scripts/install-packages build run
    need_gold
    for product in "$@"; do
        swift build --configuration release --static-swift-stdlib --product "$product"
    done
}

# Whether a directory is this user's own, and neither a link nor somebody else's.
is_own_directory() { [ -d "$1" ] && [ -O "$1" ] && [ ! -L "$1" ]; }

# A directory of this user's own, also where others could have made it first; closed to them from here on.
own_directory() {
    [ -L "$1" ] || mkdir -p -m 700 -- "$1" 2>/dev/null || true
    is_own_directory "$1" || fail "$1 is no directory of yours: remove it first"
    chmod 700 -- "$1"
}

# Where `make up` notes what it mounted, for `make down`.
state=${XDG_RUNTIME_DIR:-/tmp}/larder-make-$(id -u)
# The demonstration's library, share, cache and view. /tmp may be in RAM; this should not be.
demo=${LARDER_DEMO:-/var/tmp/larder-demo-$(id -u)}

# Make does not expand the tilde in VIEW=~/nas, nor does every shell.
expand_tilde() {
    case $1 in
    "~") printf '%s\n' "$HOME" ;;
    "~/"*) printf '%s/%s\n' "$HOME" "${1#"~/"}" ;;
    *) printf '%s\n' "$1" ;;
    esac
}

# For `make down`, which unmounts what `make up` has mounted.
remember_view() {
    own_directory "$state"
    [ ! -e "$state/views" ] || [ -f "$state/views" ] || fail "$state/views is no file: remove it first"
    grep -Fqx -- "$1" "$state/views" 2>/dev/null || printf '%s\n' "$1" >>"$state/views"
}
