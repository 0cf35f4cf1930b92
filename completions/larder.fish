# Completion of larder(1) for fish. Held against the program by Tests/CommandTests/Documents.

set -l commands mount unmount status list explain top record evict doctor replay config reload

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
    printf "$before%b\n" 'cache=\twhere the disk cache lives' 'memory=\tmemory for what is cached (512M)' \
        'disk=\tdisk space for the cache (5G)' 'readahead=\tlargest window read ahead of a reader (32M)' \
        'strategy=auto\tas it pays' 'strategy=aggressive' 'strategy=balanced' 'strategy=conservative' \
        'bandwidth=\tat most so much read ahead per second' 'consistency=eventual\tfrom the cache, checked behind it' \
        'consistency=strict\task the share first' 'propagation=\tafter this, checked behind the reader (5s)' \
        'ttl=\tafter this, asked for anew (5m)' 'timeout=\thow long the share may take (30s)' \
        'lanes=\trequests to the share at a time (16)' 'allow_other\tlet other users use the view' \
        'rights=\twith allow_other, owners and modes asked for anew (60s)' \
        'uid=\teverything is this user\'s' 'gid=\teverything is this group\'s' \
        'umask=\teverything has mode 777 less these bits' 'force\ttake a share that looks unmounted' 'log=error' \
        'log=warning' 'log=info' 'log=debug' 'logfile=\tlog of a background mount' \
        'config=\twhat is not said here is in this file' 'ro\trefuse every change' \
        'suid\tset-user-ID bits have their effect' 'dev\tdevices can be opened' 'noexec\tprograms cannot be started' \
        'noatime\treading changes no times' 'sync\tevery change waits for the share' \
        'dirsync\tchanges of folders wait for the share'
end

complete -c larder -f
set -l first "not __fish_seen_subcommand_from $commands umount help"
complete -c larder -n $first -l help -d usage
complete -c larder -n $first -l version -d version
complete -c larder -n $first -a mount -d 'show a share at a view, cached'
complete -c larder -n $first -a unmount -d 'take a view away again'
complete -c larder -n $first -a status -d 'what is cached, and how it does'
complete -c larder -n $first -a list -d 'all views of this machine'
complete -c larder -n $first -a explain -d 'what is foreseen of a file, and why'
complete -c larder -n $first -a top -d 'streams, tiers and share, live'
complete -c larder -n $first -a record -d 'write down what is read'
complete -c larder -n $first -a evict -d 'forget what is cached'
complete -c larder -n $first -a doctor -d 'what is wrong, and what to do'
complete -c larder -n $first -a replay -d 'how readahead and eviction do'
complete -c larder -n $first -a config -d 'check or show a configuration'
complete -c larder -n $first -a reload -d 'read the configuration again'
complete -c larder -n $first -a help -d 'about a command'
complete -c larder -n '__fish_seen_subcommand_from help' -a "$commands"

for command in $commands
    complete -c larder -n "__fish_seen_subcommand_from $command" -l help -d usage
end
for command in status list explain doctor replay config
    complete -c larder -n "__fish_seen_subcommand_from $command" -l json -d 'for programs'
end
for command in unmount umount status top record reload doctor explain evict
    complete -c larder -n "__fish_seen_subcommand_from $command" -a '(__larder_views)'
end
for command in explain evict replay mount doctor config
    complete -c larder -n "__fish_seen_subcommand_from $command" -F
end
for command in mount doctor
    complete -c larder -n "__fish_seen_subcommand_from $command" -s o -l options -x -a '(__larder_mount_options)' \
        -d 'mount options'
end

set -l mount '__fish_seen_subcommand_from mount'
complete -c larder -n $mount -a '(__larder_configurations)'
complete -c larder -n $mount -l config -r -F -d 'share, view and options from this file'
complete -c larder -n $mount -l background -d 'return once the view is usable'
complete -c larder -n $mount -l sloppy -d 'leave unknown options out'
complete -c larder -n $mount -s f -d foreground

set -l unmount '__fish_seen_subcommand_from unmount umount'
complete -c larder -n $unmount -l lazy -s z -s l -d 'take it away now, programs keep what they have open'

set -l top '__fish_seen_subcommand_from top'
complete -c larder -n $top -l interval -x -d 'between two looks (1s)'
complete -c larder -n $top -l once -d 'one picture'

set -l record '__fish_seen_subcommand_from record'
complete -c larder -n $record -s o -l output -r -F -d 'where the trace goes'
complete -c larder -n $record -l names -x -a 'full hashed none' -d 'how names are written (full)'
complete -c larder -n $record -l duration -x -d 'end by itself'

complete -c larder -n '__fish_seen_subcommand_from doctor' -l measure -d 'measure the share'

set -l replay '__fish_seen_subcommand_from replay'
complete -c larder -n $replay -l memory -x -d 'of the cache'
complete -c larder -n $replay -l chunk -x -d 'what the second caches hold'
complete -c larder -n $replay -l share -x -d 'round trip and bandwidth (8ms,100MB)'
complete -c larder -n $replay -l strategy -x -a 'aggressive balanced conservative' -d 'how boldly'
complete -c larder -n $replay -l method -x -d 'only these' \
    -a 'none linux-ra128K linux-ra1M next-128K next-1M leap-req8 leap-page8 leap-page32 foresight oracle oracle-blocks oracle-runs lru arc s3-fifo w-tinylfu-1 w-tinylfu-20 lfu-ageing belady'

set -l config '__fish_seen_subcommand_from config'
complete -c larder -n "$config; and not __fish_seen_subcommand_from check show" -a 'check show'
complete -c larder -n $config -a '(__larder_configurations)'
complete -c larder -n "$config; and __fish_seen_subcommand_from show" -a '(__larder_views)'
