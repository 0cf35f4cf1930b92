# Completion of larder(1) and slowshare(1) for bash. Held against the programs by Tests/CommandTests/Documents.

# Words around `=` and `:` are split by bash: puts the last one together again.
#   cur   what is being completed;  words  those before it, the program first
#   cut   the part of cur that bash keeps by itself
_larder_words() {
    local index glue= word
    words=() cut=
    for ((index = 0; index <= COMP_CWORD; index++)); do
        word=${COMP_WORDS[index]}
        if ((index > 0)) && { [[ $word == [=:]* ]] || [[ $glue ]]; }; then
            words[${#words[@]} - 1]+=$word
        else
            words+=("$word")
        fi
        glue=
        [[ $word == *[=:] && $index -gt 0 ]] && glue=yes
    done
    cur=${words[${#words[@]} - 1]}
    unset "words[${#words[@]}-1]"
    [[ $cur == *[=:]* ]] && cut=${cur%"${cur##*[=:]}"}
}

# Offers the words that begin with cur.
_larder_offer() {
    local word
    for word in "$@"; do
        [[ $word == "$cur"* ]] && COMPREPLY+=("${word#"$cut"}")
    done
}

_larder_files() {
    local path
    compopt -o filenames 2>/dev/null
    while IFS= read -r path; do COMPREPLY+=("$path"); done < <(compgen "$@" -- "${cur#"$cut"}")
}

# Mounted views, from the mount table: nobody has to look at them for it. Other places where there is none.
_larder_views() {
    local view type
    while read -r _ view type _; do
        [[ $type == fuse.larder ]] || continue
        printf -v view '%b' "$view"
        [[ $view == "$cur"* ]] && printf -v view '%q' "$view" && COMPREPLY+=("$view")
    done <"${LARDER_MOUNT_TABLE:-/proc/self/mounts}"
    ((${#COMPREPLY[@]})) || _larder_files "$@"
}

_larder_configurations() {
    local file
    for file in "${XDG_CONFIG_HOME:-$HOME/.config}"/larder/*.toml /etc/larder/*.toml; do
        [[ -e $file ]] && file=${file##*/} && _larder_offer "${file%.toml}"
    done
}

# One of several mount options, separated by commas.
_larder_mount_options() {
    local before= whole=$cur
    [[ $cur == *,* ]] && before=${cur%,*}, && cur=${cur##*,}
    # What stands before the last comma is kept, where bash does not keep it by itself.
    local kept=${before#"$cut"}
    [[ $cut == "$before"* ]] && kept=
    case $cur in
    *=*) _larder_mount_value "${cur%%=*}" ;;
    *)
        compopt -o nospace 2>/dev/null
        local option options
        _larder_mount_names
        for option in "${options[@]}"; do
            [[ $option == "$cur"* ]] && COMPREPLY+=("$kept$option")
        done
        ;;
    esac
    cur=$whole
}

_larder_choices() {
    local name=$1 word
    shift
    for word in "$@"; do
        [[ $name=$word == "$cur"* ]] && COMPREPLY+=("$word")
    done
}

_larder_mount_files() {
    cut= cur=${cur#*=}
    _larder_files "$@"
}

# Several words, separated by commas: what stands before the last comma is kept.
_larder_list() {
    local before= word
    [[ $cur == *,* ]] && before=${cur%,*},
    for word in "$@"; do _larder_offer "$before$word"; done
}

# What follows comes from the command table: make completions

# Offers what can stand behind the program.
_larder_commands() {
    _larder_offer mount unmount status list ls explain history forecast top record refresh warm verify evict pin unpin offline online doctor replay config reload help --help --version
}

# Offers the options of a command.
_larder_options() {
    case $1 in
    mount) _larder_offer -o --options --config --background --sloppy -f --help ;;
    unmount | umount) _larder_offer --lazy -z -l --help ;;
    status) _larder_offer --json --help ;;
    list) _larder_offer --json --help ;;
    ls) _larder_offer --recursive -R --json --help ;;
    explain) _larder_offer --json --help ;;
    history) _larder_offer --forget --json --help ;;
    forecast) _larder_offer --hours --json --help ;;
    top) _larder_offer --interval --once --help ;;
    record) _larder_offer -o --output --names --duration --help ;;
    refresh) _larder_offer --help ;;
    warm) _larder_offer --list -0 --null --plan --json --help ;;
    verify) _larder_offer --against-share --help ;;
    evict) _larder_offer --help ;;
    pin) _larder_offer --priority --json --help ;;
    unpin) _larder_offer --help ;;
    offline) _larder_offer --help ;;
    online) _larder_offer --help ;;
    doctor) _larder_offer -o --options --measure --json --help ;;
    replay) _larder_offer --memory --chunk --share --strategy --without --method --correlations --cache-percent --household --seeds --seed --forest --json --help ;;
    config) _larder_offer --json --help ;;
    reload) _larder_offer --help ;;
    esac
}

# Sets offer to what offers the values of a command's option; fails for a switch.
_larder_value() {
    case $1,$2 in
    mount,-o | mount,--options) offer=(_larder_mount_options) ;;
    mount,--config) offer=(_larder_files -f) ;;
    forecast,--hours) offer=(:) ;;
    top,--interval) offer=(:) ;;
    record,-o | record,--output) offer=(_larder_files -f) ;;
    record,--names) offer=(_larder_offer full hashed none) ;;
    record,--duration) offer=(:) ;;
    warm,--list) offer=(_larder_files -f) ;;
    pin,--priority) offer=(_larder_offer high medium low) ;;
    doctor,-o | doctor,--options) offer=(_larder_mount_options) ;;
    replay,--memory) offer=(:) ;;
    replay,--chunk) offer=(:) ;;
    replay,--share) offer=(:) ;;
    replay,--strategy) offer=(_larder_offer aggressive balanced conservative) ;;
    replay,--without) offer=(_larder_list container sidecar sweep jump stream series) ;;
    replay,--method) offer=(_larder_list none linux-ra128K linux-ra1M next-128K next-1M leap-req8 leap-page8 leap-page32 foresight oracle oracle-blocks oracle-runs lru arc s3-fifo w-tinylfu-1 w-tinylfu-20 adaptive-w-tinylfu lfu-ageing retention belady) ;;
    replay,--cache-percent) offer=(:) ;;
    replay,--seeds) offer=(:) ;;
    replay,--seed) offer=(:) ;;
    *) return 1 ;;
    esac
}

# Offers what can be an operand of a command: its place, from 1 on, and the first one.
_larder_operand() {
    case $1,$2,$3 in
    mount,1,*) _larder_configurations; _larder_files -d ;;
    mount,*,*) _larder_files -d ;;
    unmount,*,* | umount,*,*) _larder_views -d ;;
    status,*,*) _larder_views -d ;;
    ls,*,*) _larder_views -f ;;
    explain,*,*) _larder_views -f ;;
    history,*,*) _larder_views -f ;;
    forecast,*,*) _larder_views -d ;;
    top,*,*) _larder_views -d ;;
    record,*,*) _larder_views -d ;;
    refresh,*,*) _larder_views -f ;;
    warm,*,*) _larder_views -f ;;
    verify,*,*) _larder_views -f ;;
    evict,*,*) _larder_views -f ;;
    pin,*,*) _larder_views -f ;;
    unpin,*,*) _larder_views -f ;;
    offline,*,*) _larder_views -d ;;
    online,*,*) _larder_views -d ;;
    doctor,1,*) _larder_views -d ;;
    doctor,*,*) _larder_files -d ;;
    replay,*,*) _larder_files -f ;;
    config,1,*) _larder_offer check show ;;
    config,*,check) _larder_configurations; _larder_files -f ;;
    config,*,show) _larder_configurations; _larder_views -d ;;
    config,*,*) _larder_configurations ;;
    reload,*,*) _larder_views -d ;;
    help,*,*) _larder_offer mount unmount status list ls explain history forecast top record refresh warm verify evict pin unpin offline online doctor replay config reload ;;
    esac
}

# Sets options to the mount options.
_larder_mount_names() {
    options=(cache= memory= disk= free= disk-writes= disk-ttl= memory-ttl= disk-eviction= storage= storage-size= storage-eviction= storage-ttl= readahead= strategy= bandwidth= catalogue= catalogue-rate= consistency= propagation= ttl= timeout= offline= lanes= allow_other rights= uid= gid= umask= force log= logfile= config= ro suid dev noexec noatime sync dirsync warming= quiet= history-age= history-size=)
}

# Offers the values of a mount option.
_larder_mount_value() {
    case $1 in
    cache) _larder_mount_files -d ;;
    disk-eviction) _larder_choices disk-eviction lfu-ageing retention ;;
    storage) _larder_mount_files -d ;;
    storage-eviction) _larder_choices storage-eviction lfu-ageing retention ;;
    strategy) _larder_choices strategy auto aggressive balanced conservative ;;
    catalogue) _larder_choices catalogue auto on off ;;
    consistency) _larder_choices consistency eventual strict ;;
    offline) _larder_choices offline auto no yes ;;
    log) _larder_choices log error warning info debug ;;
    logfile) _larder_mount_files -f ;;
    config) _larder_mount_files -f ;;
    warming) _larder_choices warming on off ;;
    esac
}

# The end of what comes from the command table.

_larder() {
    local cur cut words command offer option= place=1 first= word
    COMPREPLY=()
    _larder_words
    if ((${#words[@]} == 1)); then
        _larder_commands
        return
    fi
    command=${words[1]}
    # Which of the command's operands it is, or of which option it is the value.
    for word in "${words[@]:2}"; do
        if [[ $option ]]; then
            option=
        elif [[ $word == -* ]]; then
            _larder_value "$command" "$word" && option=$word
        else
            ((place++ == 1)) && first=$word
        fi
    done
    if [[ $option ]]; then
        "${offer[@]}"
    elif [[ $cur == -* ]]; then
        _larder_options "$command"
    else
        _larder_operand "$command" "$place" "$first"
    fi
}

_slowshare() {
    local cur cut words previous
    COMPREPLY=()
    _larder_words
    previous=${words[${#words[@]} - 1]}
    if [[ ${words[1]-} == ctl ]]; then
        case $previous in
        --control) _larder_files -f ;;
        ctl) [[ $cur == -* ]] && _larder_offer --control --help || _larder_files -d ;;
        fail) _larder_offer clear any read write lookup getattr open readdir ;;
        *)
            ((${#words[@]} == 3 || ${#words[@]} == 5)) &&
                _larder_offer offline hang online resume fail fail-nth fail-late latency bandwidth lie stats reset-stats
            ;;
        esac
        return
    fi
    case $previous in
    --control) _larder_files -f ;;
    -o) _larder_offer ro allow_other suid dev ;;
    --round-trip | --attribute-timeout | --entry-timeout | --negative-timeout | --clock-behind | --time-step | --squash) ;;
    --bandwidth) _larder_offer unlimited ;;
    *)
        if [[ $cur == -* ]]; then
            _larder_offer --round-trip --bandwidth --background --attribute-timeout --entry-timeout \
                --negative-timeout --clock-behind --time-step --silly-rename --late-releases \
                --share-modes --stamp-at-close --squash --ignore-case --number-names --control -o --help -h --version
        else
            ((${#words[@]} == 1)) && _larder_offer ctl
            _larder_files -d
        fi
        ;;
    esac
}

complete -F _larder larder
complete -F _slowshare slowshare
