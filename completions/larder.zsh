#compdef larder slowshare
# Completion of larder(1) and slowshare(1) for zsh. Held against the programs by Tests/CommandTests/Documents.

# Mounted views, from the mount table: nobody has to look at them for it.
_larder_views() {
    local line
    local -a views
    while IFS= read -r line; do
        [[ ${line[(w)3]} == fuse.larder ]] && views+=("$(printf '%b' "${line[(w)2]}")")
    done </proc/self/mounts
    (( $#views )) && _wanted views expl 'mounted view' compadd -a views
    _files "$@"
}

_larder_configurations() {
    local -a names
    names=(${XDG_CONFIG_HOME:-$HOME/.config}/larder/*.toml(N:t:r) /etc/larder/*.toml(N:t:r))
    (( $#names )) && _wanted configurations expl configuration compadd -a names
    _files "$@"
}

# What follows comes from the command table: make completions

_larder_mount_options() {
    _values -s , 'mount option' \
        'cache[where the disk cache lives]:directory:_directories' \
        'memory[memory for what is cached (512M)]:size' \
        'disk[disk space for the cache (5G)]:size' \
        'free[what stays free where the cache lives (100M)]:size' \
        'disk-writes[written to the cache'\''s disk in a day (0)]:size' \
        'disk-ttl[on disk, what nobody asks for again goes (0s)]:time' \
        'memory-ttl[in memory, what nobody asks for again goes (0s)]:time' \
        'disk-eviction[what goes first from the disk (lfu-ageing)]:disk-eviction:(lfu-ageing retention)' \
        'storage[a larger, slower disk behind the cache'\''s]:directory:_directories' \
        'storage-size[space on the larger, slower disk (50G)]:size' \
        'storage-eviction[what goes first from there (lfu-ageing)]:storage-eviction:(lfu-ageing retention)' \
        'storage-ttl[there, what nobody asks for again goes (0s)]:time' \
        'readahead[largest window read ahead of a reader (32M)]:size' \
        'strategy[how boldly to read ahead (auto)]:strategy:(auto aggressive balanced conservative)' \
        'bandwidth[at most so much read ahead per second]:rules' \
        'catalogue[list all folders in the background (auto)]:catalogue:(auto on off)' \
        'catalogue-rate[folders listed so per second (0)]:number' \
        'consistency[from the cache, or ask the share first (eventual)]:consistency:(eventual strict)' \
        'propagation[after this, checked behind the reader'\''s back (5s)]:time' \
        'ttl[after this, asked for anew (5m)]:time' \
        'timeout[how long the share may take (30s)]:time' \
        'offline[mount without the share (auto)]:offline:(auto no yes)' \
        'lanes[requests to the share at a time (16)]:number' \
        'allow_other[let other users use the view]' \
        'rights[with allow_other, owners and modes asked for anew (1m)]:time' \
        'uid[everything is this user'\''s]:number' \
        'gid[everything is this group'\''s]:number' \
        'umask[everything has mode 777 less these bits]:octal' \
        'force[take a share that looks unmounted]' \
        'log[what is logged (info)]:log:(error warning info debug)' \
        'logfile[log of a background mount]:file:_files' \
        'config[what is not said here is in this file]:file:_files' \
        'ro[refuse every change]' \
        'suid[set-user-ID bits have their effect]' \
        'dev[devices can be opened]' \
        'noexec[programs cannot be started]' \
        'noatime[reading changes no times]' \
        'sync[every change waits for the share]' \
        'dirsync[changes of folders wait for the share]' \
        'warming[fetch what habits expect before its time (on)]:warming:(on off)' \
        'quiet[nothing is fetched for habits in these hours]:hours' \
        'history-age[how long it is kept who opened what and when (90d)]:time' \
        'history-size[space for that; 0 for no history (200M)]:size'
}

_larder_commands() {
    local -a commands
    commands=(
        'mount:show a share at a view, cached'
        'unmount:take a view away again'
        'status:what is cached, and how it does'
        'list:all views of this machine'
        'ls:what is cached, and where'
        'explain:what is foreseen of a file, and why'
        'history:what was opened, by whom and when'
        'forecast:what is expected to be opened'
        'top:streams, tiers and share, live'
        'record:write down what is read'
        'refresh:ask the share anew'
        'warm:fetch into the cache'
        'verify:check what is on disk'
        'evict:forget what is cached'
        'pin:keep files and folders in the cache'
        'unpin:give pinned files and folders free'
        'offline:take the share of a view for away'
        'online:ask the share of a view again'
        'doctor:what is wrong, and what to do'
        'replay:how readahead and eviction do'
        'config:check or show a configuration'
        'reload:read the configuration again'
        'help:about a command'
    )
    _describe command commands
    _arguments \
        '--help[usage]' \
        '--version[version]'
}

_larder_arguments() {
    case $1 in
    mount)
        _arguments \
            '*'{-o,--options}'[mount options]:options:_larder_mount_options' \
            '--config[share, view and options from this file]:file:_files' \
            '--background[return once the view is usable]' \
            '--sloppy[leave unknown options out]' \
            '-f[foreground]' \
            '--help[usage]' \
            '1:share or configuration:_larder_configurations -/' \
            '2:view:_directories'
        ;;
    unmount | umount)
        _arguments \
            {--lazy,-z,-l}'[take it away now, programs keep what they have open]' \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    status)
        _arguments \
            '--json[for programs]' \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    list)
        _arguments \
            '--json[for programs]' \
            '--help[usage]'
        ;;
    ls)
        _arguments \
            {--recursive,-R}'[all that is below]' \
            '--json[for programs]' \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    explain)
        _arguments \
            '--json[for programs]' \
            '--help[usage]' \
            '1:path:_larder_views'
        ;;
    history)
        _arguments \
            '--forget[remember it no more]' \
            '--json[for programs]' \
            '--help[usage]' \
            '1:path:_larder_views'
        ;;
    forecast)
        _arguments \
            '--hours[how far ahead]:number' \
            '--json[for programs]' \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    top)
        _arguments \
            '--interval[between two looks (1s)]:time' \
            '--once[one picture]' \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    record)
        _arguments \
            {-o,--output}'[where the trace goes]:file:_files' \
            '--names[how names are written (full)]:names:(full hashed none)' \
            '--duration[end by itself]:time' \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    refresh)
        _arguments \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    warm)
        _arguments \
            '--list[paths from a file]:file:_files' \
            {-0,--null}'[paths end with a NUL]' \
            '--plan[what habits would have fetched]' \
            '--json[for programs]' \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    verify)
        _arguments \
            '--against-share[compare with the share]' \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    evict)
        _arguments \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    pin)
        _arguments \
            '--priority[how much it matters]:priority:(high medium low)' \
            '--json[for programs]' \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    unpin)
        _arguments \
            '--help[usage]' \
            '*:path:_larder_views'
        ;;
    offline)
        _arguments \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    online)
        _arguments \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    doctor)
        _arguments \
            '*'{-o,--options}'[mount options]:options:_larder_mount_options' \
            '--measure[measure the share]' \
            '--json[for programs]' \
            '--help[usage]' \
            '1:share or view:_larder_views -/' \
            '2:view:_directories'
        ;;
    replay)
        _arguments \
            '--memory[of the cache]:size' \
            '--chunk[what the second caches hold]:size' \
            '--share[round trip and bandwidth (8ms,100MB)]:time,rate' \
            '--strategy[how boldly]:strategy:(aggressive balanced conservative)' \
            '--without[leave these predictors out]:predictors:_values -s , predictor container sidecar sweep jump stream series' \
            '--method[only these]:methods:_values -s , method none linux-ra128K linux-ra1M next-128K next-1M leap-req8 leap-page8 leap-page32 foresight oracle oracle-blocks oracle-runs lru arc s3-fifo w-tinylfu-1 w-tinylfu-20 adaptive-w-tinylfu lfu-ageing retention belady' \
            '--correlations[what follows what]' \
            '--cache-percent[cache before those rules (10)]:percent' \
            '--household[how habits do]' \
            '--seeds[so many households (20)]:count' \
            '--seed[of the first household (1)]:seed' \
            '--forest[also with forests]' \
            '--json[for programs]' \
            '--help[usage]' \
            '*:trace:_files'
        ;;
    config)
        _arguments \
            '--json[for programs]' \
            '--help[usage]' \
            '1:what:(check show)' \
            '2:file, configuration or view:_larder_configurations'
        ;;
    reload)
        _arguments \
            '--help[usage]' \
            '1:view:_larder_views -/'
        ;;
    help)
        _arguments \
            '1:command:(mount unmount status list ls explain history forecast top record refresh warm verify evict pin unpin offline online doctor replay config reload)'
        ;;
    esac
}

# The end of what comes from the command table.

_larder() {
    local expl
    if (( CURRENT == 2 )); then
        _larder_commands
        return
    fi
    local command=$words[2]
    shift words
    (( CURRENT-- ))
    _larder_arguments $command
}

_slowshare() {
    if (( CURRENT > 2 )) && [[ $words[2] == ctl ]]; then
        shift words
        (( CURRENT-- ))
        _arguments '--control[socket]:socket:_files' '--help[usage]' '1:mountpoint:_directories' \
            '2:command:(offline hang online resume fail fail-nth fail-late latency bandwidth lie stats reset-stats)' '*:argument:'
        return
    fi
    _arguments \
        '--round-trip[what every operation waits (8ms)]:time' \
        '--bandwidth[shared by all reads and writes (100MB/s)]:rate' \
        '--background[return when the mount is usable]' \
        '--attribute-timeout[how long attributes are believed (1s)]:time' \
        '--entry-timeout[how long names are believed (1s)]:time' \
        '--negative-timeout[how long it is believed that a name is not there (0)]:time' \
        '--clock-behind[how far the clock is behind by which files get their times (0)]:time' \
        '--time-step[what times are rounded down to (0)]:time' \
        '--silly-rename[what is deleted while it is open is .nfs... until it is closed]' \
        '--late-releases[likewise, and stays so if it is deleted within 5 ms of its close]' \
        '--share-modes[what is open is not deleted, renamed or replaced]' \
        '--stamp-at-close[each close of what was written sets its time]' \
        '--squash[what root does is done as this user]:uid\:gid' \
        '--ignore-case[names are found in any case]' \
        '--number-names[each name has an inode number of its own]' \
        '--control[where commands are taken]:socket:_files' \
        '*-o[mount options]:options' \
        {--help,-h}'[usage]' \
        '--version[version]' \
        '1:directory:_directories' \
        '2:mountpoint:_directories'
}

case $service in
slowshare) _slowshare "$@" ;;
*) _larder "$@" ;;
esac
