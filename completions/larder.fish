# Completion of larder(1) for fish. Held against the program by Tests/CommandTests/Documents.

# Mounted views, from the mount table: nobody has to look at them for it.
function __larder_views
    string match -r '^\S+ \S+ fuse\.larder ' </proc/self/mounts | string replace -r '^\S+ (\S+) .*' '$1' |
        while read -l view
            printf '%b\tmounted view\n' (string replace -ar '\\\\(\d{3})' '\\\\0$1' -- $view)
        end
end

function __larder_configurations
    set -l folder $XDG_CONFIG_HOME
    test -n "$folder"; or set folder ~/.config
    for file in $folder/larder/*.toml /etc/larder/*.toml
        string replace -r '.*/(.*)\.toml$' '$1\tconfiguration' -- $file
    end
end

# One of several, separated by commas: what stands before the last comma is kept.
function __larder_mount_options
    set -l before (commandline -ct | string replace -r '^(-o|--options=)' '' | string match -r '.*,')
    set -l words (__larder_mount_words)
    printf '%s\n' "$before"$words
end

# Several words, separated by commas.
function __larder_list
    set -l before (commandline -ct | string replace -r '^--[^=]*=' '' | string match -r '.*,')
    printf '%s\n' "$before"$argv
end

complete -c larder -f

# What follows comes from the command table: make completions

# The mount options: a word, and what it does.
function __larder_mount_words
    printf '%s\t%s\n' \
        cache= 'where the disk cache lives' \
        memory= 'memory for what is cached (512M)' \
        disk= 'disk space for the cache (5G)' \
        free= 'what stays free where the cache lives (100M)' \
        disk-writes= 'written to the cache\'s disk in a day (0)' \
        disk-ttl= 'on disk, what nobody asks for again goes (0s)' \
        memory-ttl= 'in memory, what nobody asks for again goes (0s)' \
        disk-eviction=lfu-ageing 'by use' \
        disk-eviction=retention 'by age, priority and use' \
        storage= 'a larger, slower disk behind the cache\'s' \
        storage-size= 'space on the larger, slower disk (50G)' \
        storage-eviction=lfu-ageing 'by use' \
        storage-eviction=retention 'by age, priority and use' \
        storage-ttl= 'there, what nobody asks for again goes (0s)' \
        readahead= 'largest window read ahead of a reader (32M)' \
        strategy=auto 'as it pays' \
        strategy=aggressive 'how boldly to read ahead (auto)' \
        strategy=balanced 'how boldly to read ahead (auto)' \
        strategy=conservative 'how boldly to read ahead (auto)' \
        bandwidth= 'at most so much read ahead per second' \
        catalogue=auto 'up to 200,000 names' \
        catalogue=on 'list all folders in the background (auto)' \
        catalogue=off 'list all folders in the background (auto)' \
        catalogue-rate= 'folders listed so per second (0)' \
        consistency=eventual 'from the cache, checked behind it' \
        consistency=strict 'ask the share first' \
        propagation= 'after this, checked behind the reader\'s back (5s)' \
        ttl= 'after this, asked for anew (5m)' \
        timeout= 'how long the share may take (30s)' \
        offline=auto 'where something is cached' \
        offline=no never \
        offline=yes 'whether it is there or not' \
        lanes= 'requests to the share at a time (16)' \
        allow_other 'let other users use the view' \
        rights= 'with allow_other, owners and modes asked for anew (1m)' \
        uid= 'everything is this user\'s' \
        gid= 'everything is this group\'s' \
        umask= 'everything has mode 777 less these bits' \
        force 'take a share that looks unmounted' \
        log=error 'what is logged (info)' \
        log=warning 'what is logged (info)' \
        log=info 'what is logged (info)' \
        log=debug 'what is logged (info)' \
        logfile= 'log of a background mount' \
        config= 'what is not said here is in this file' \
        ro 'refuse every change' \
        suid 'set-user-ID bits have their effect' \
        dev 'devices can be opened' \
        noexec 'programs cannot be started' \
        noatime 'reading changes no times' \
        sync 'every change waits for the share' \
        dirsync 'changes of folders wait for the share' \
        warming=on 'fetch what habits expect before its time (on)' \
        warming=off 'fetch what habits expect before its time (on)' \
        quiet= 'nothing is fetched for habits in these hours' \
        history-age= 'how long it is kept who opened what and when (90d)' \
        history-size= 'space for that; 0 for no history (200M)'
end

set -l first 'not __fish_seen_subcommand_from mount unmount umount status list ls explain history forecast top record refresh warm verify evict pin unpin offline online doctor replay config reload help'
complete -c larder -n $first -l help -d usage
complete -c larder -n $first -l version -d version
complete -c larder -n $first -a mount -d 'show a share at a view, cached'
complete -c larder -n $first -a unmount -d 'take a view away again'
complete -c larder -n $first -a status -d 'what is cached, and how it does'
complete -c larder -n $first -a list -d 'all views of this machine'
complete -c larder -n $first -a ls -d 'what is cached, and where'
complete -c larder -n $first -a explain -d 'what is foreseen of a file, and why'
complete -c larder -n $first -a history -d 'what was opened, by whom and when'
complete -c larder -n $first -a forecast -d 'what is expected to be opened'
complete -c larder -n $first -a top -d 'streams, tiers and share, live'
complete -c larder -n $first -a record -d 'write down what is read'
complete -c larder -n $first -a refresh -d 'ask the share anew'
complete -c larder -n $first -a warm -d 'fetch into the cache'
complete -c larder -n $first -a verify -d 'check what is on disk'
complete -c larder -n $first -a evict -d 'forget what is cached'
complete -c larder -n $first -a pin -d 'keep files and folders in the cache'
complete -c larder -n $first -a unpin -d 'give pinned files and folders free'
complete -c larder -n $first -a offline -d 'take the share of a view for away'
complete -c larder -n $first -a online -d 'ask the share of a view again'
complete -c larder -n $first -a doctor -d 'what is wrong, and what to do'
complete -c larder -n $first -a replay -d 'how readahead and eviction do'
complete -c larder -n $first -a config -d 'check or show a configuration'
complete -c larder -n $first -a reload -d 'read the configuration again'
complete -c larder -n $first -a help -d 'about a command'

set -l command '__fish_seen_subcommand_from mount'
complete -c larder -n $command -s o -l options -x -a '(__larder_mount_options)' -d 'mount options'
complete -c larder -n $command -l config -r -F -d 'share, view and options from this file'
complete -c larder -n $command -l background -d 'return once the view is usable'
complete -c larder -n $command -l sloppy -d 'leave unknown options out'
complete -c larder -n $command -s f -d foreground
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_configurations)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from unmount umount'
complete -c larder -n $command -l lazy -s z -s l -d 'take it away now, programs keep what they have open'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from status'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from list'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage

set -l command '__fish_seen_subcommand_from ls'
complete -c larder -n $command -l recursive -s R -d 'all that is below'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from explain'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from history'
complete -c larder -n $command -l forget -d 'remember it no more'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from forecast'
complete -c larder -n $command -l hours -x -d 'how far ahead'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from top'
complete -c larder -n $command -l interval -x -d 'between two looks (1s)'
complete -c larder -n $command -l once -d 'one picture'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from record'
complete -c larder -n $command -s o -l output -r -F -d 'where the trace goes'
complete -c larder -n $command -l names -x -a 'full hashed none' -d 'how names are written (full)'
complete -c larder -n $command -l duration -x -d 'end by itself'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from refresh'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from warm'
complete -c larder -n $command -l list -r -F -d 'paths from a file'
complete -c larder -n $command -s 0 -l null -d 'paths end with a NUL'
complete -c larder -n $command -l plan -d 'what habits would have fetched'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from verify'
complete -c larder -n $command -l against-share -d 'compare with the share'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from evict'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from pin'
complete -c larder -n $command -l priority -x -a 'high medium low' -d 'how much it matters'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from unpin'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from offline'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from online'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from doctor'
complete -c larder -n $command -s o -l options -x -a '(__larder_mount_options)' -d 'mount options'
complete -c larder -n $command -l measure -d 'measure the share'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from replay'
complete -c larder -n $command -l memory -x -d 'of the cache'
complete -c larder -n $command -l chunk -x -d 'what the second caches hold'
complete -c larder -n $command -l share -x -d 'round trip and bandwidth (8ms,100MB)'
complete -c larder -n $command -l strategy -x -a 'aggressive balanced conservative' -d 'how boldly'
complete -c larder -n $command -l without -x -a '(__larder_list container sidecar sweep jump stream series)' -d 'leave these predictors out'
complete -c larder -n $command -l method -x -a '(__larder_list none linux-ra128K linux-ra1M next-128K next-1M leap-req8 leap-page8 leap-page32 foresight oracle oracle-blocks oracle-runs lru arc s3-fifo w-tinylfu-1 w-tinylfu-20 adaptive-w-tinylfu lfu-ageing retention belady)' -d 'only these'
complete -c larder -n $command -l correlations -d 'what follows what'
complete -c larder -n $command -l cache-percent -x -d 'cache before those rules (10)'
complete -c larder -n $command -l household -d 'how habits do'
complete -c larder -n $command -l seeds -x -d 'so many households (20)'
complete -c larder -n $command -l seed -x -d 'of the first household (1)'
complete -c larder -n $command -l forest -d 'also with forests'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -F

set -l command '__fish_seen_subcommand_from config'
complete -c larder -n $command -l json -d 'for programs'
complete -c larder -n $command -l help -d usage
complete -c larder -n "$command; and not __fish_seen_subcommand_from check show" -a 'check show'
complete -c larder -n $command -a '(__larder_configurations)'
complete -c larder -n "$command; and __fish_seen_subcommand_from check" -F
complete -c larder -n "$command; and __fish_seen_subcommand_from show" -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from reload'
complete -c larder -n $command -l help -d usage
complete -c larder -n $command -a '(__larder_views)'

set -l command '__fish_seen_subcommand_from help'
complete -c larder -n $command -a 'mount unmount status list ls explain history forecast top record refresh warm verify evict pin unpin offline online doctor replay config reload'

# The end of what comes from the command table.
