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
    consistency=*) _larder_choices consistency eventual strict ;;
    strategy=*) _larder_choices strategy auto aggressive balanced conservative ;;
    log=*) _larder_choices log error warning info debug ;;
    cache=*) cut= cur=${cur#*=}; _larder_files -d ;;
    logfile=* | config=*) cut= cur=${cur#*=}; _larder_files -f ;;
    *=*) ;;
    *)
        compopt -o nospace 2>/dev/null
        local option
        for option in cache= memory= disk= readahead= strategy= bandwidth= consistency= propagation= ttl= timeout= \
            lanes= allow_other rights= uid= gid= umask= force log= logfile= config= ro suid dev noexec noatime sync dirsync; do
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

_larder() {
    local cur cut words command= previous place=0 word
    COMPREPLY=()
    _larder_words
    if ((${#words[@]} == 1)); then
        _larder_offer mount unmount status list explain top record evict doctor replay config reload help --help --version
        return
    fi
    command=${words[1]}
    previous=${words[${#words[@]} - 1]}
    ((${#words[@]} > 2)) || previous=
    # Which of the command's words without a dash it is.
    for word in "${words[@]:2}"; do [[ $word == -* ]] || ((place += 1)); done

    case $command,$previous in
    mount,-o | mount,--options | doctor,-o | doctor,--options) _larder_mount_options; return ;;
    record,-o | record,--output | mount,--config) _larder_files -f; return ;;
    record,--names) _larder_offer full hashed none; return ;;
    replay,--strategy) _larder_offer aggressive balanced conservative; return ;;
    replay,--method) _larder_offer none linux-ra128K linux-ra1M next-128K next-1M leap-req8 leap-page8 leap-page32 \
        foresight oracle oracle-blocks oracle-runs lru arc s3-fifo w-tinylfu-1 w-tinylfu-20 lfu-ageing belady; return ;;
    top,--interval | record,--duration | replay,--memory | replay,--chunk | replay,--share) return ;;
    esac
    if [[ $cur == -* ]]; then
        case $command in
        mount) _larder_offer -o --options --config --background --sloppy -f --help ;;
        unmount | umount) _larder_offer --lazy -z -l --help ;;
        status | list | explain | config) _larder_offer --json --help ;;
        top) _larder_offer --interval --once --help ;;
        record) _larder_offer -o --output --names --duration --help ;;
        doctor) _larder_offer -o --options --measure --json --help ;;
        replay) _larder_offer --memory --chunk --share --strategy --method --json --help ;;
        evict | reload) _larder_offer --help ;;
        esac
        return
    fi
    case $command in
    mount)
        ((place)) || _larder_configurations
        _larder_files -d
        ;;
    unmount | umount | status | top | record | reload | doctor) _larder_views -d ;;
    explain | evict) _larder_views -f ;;
    replay) _larder_files -f ;;
    config)
        case $place,${words[2]} in
        0,*) _larder_offer check show ;;
        *,check) _larder_configurations; _larder_files -f ;;
        *) _larder_configurations; _larder_views -d ;;
        esac
        ;;
    help)
        _larder_offer mount unmount status list explain top record evict doctor replay config reload
        ;;
    esac
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
                --negative-timeout --clock-behind --time-step --silly-rename --share-modes \
                --stamp-at-close --squash --ignore-case --number-names --control -o --help -h --version
        else
            ((${#words[@]} == 1)) && _larder_offer ctl
            _larder_files -d
        fi
        ;;
    esac
}

complete -F _larder larder
complete -F _slowshare slowshare
