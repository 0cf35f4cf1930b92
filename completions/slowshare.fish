# Completion of slowshare(1) for fish. Held against the program by Tests/CommandTests/Documents.

set -l serve 'not __fish_seen_subcommand_from ctl'
set -l ctl '__fish_seen_subcommand_from ctl'
complete -c slowshare -n "$serve; and test (count (commandline -opc)) = 1" -a ctl -d 'talk to a share that runs'
complete -c slowshare -n $serve -l round-trip -x -d 'what every operation waits (8ms)'
complete -c slowshare -n $serve -l bandwidth -x -a unlimited -d 'shared by all reads and writes (100MB/s)'
complete -c slowshare -n $serve -l background -d 'return when the mount is usable'
complete -c slowshare -n $serve -l attribute-timeout -x -d 'how long attributes are believed (1s)'
complete -c slowshare -n $serve -l entry-timeout -x -d 'how long names are believed (1s)'
complete -c slowshare -n $serve -l negative-timeout -x -d 'how long it is believed that a name is not there (0)'
complete -c slowshare -n $serve -l clock-behind -x -d 'how far the clock is behind by which files get their times (0)'
complete -c slowshare -n $serve -l time-step -x -d 'what times are rounded down to (0)'
complete -c slowshare -n $serve -l silly-rename -d 'what is deleted while it is open is .nfs... until it is closed'
complete -c slowshare -n $serve -l late-releases -d 'likewise, and stays so if it is deleted within 5 ms of its close'
complete -c slowshare -n $serve -l share-modes -d 'what is open is not deleted, renamed or replaced'
complete -c slowshare -n $serve -l stamp-at-close -d 'each close of what was written sets its time'
complete -c slowshare -n $serve -l squash -x -a 65534:65534 -d 'what root does is done as this user'
complete -c slowshare -n $serve -l ignore-case -d 'names are found in any case'
complete -c slowshare -n $serve -l number-names -d 'each name has an inode number of its own'
complete -c slowshare -n $serve -s o -x -a 'ro allow_other suid dev' -d 'mount options'
complete -c slowshare -n $serve -l version -d version
complete -c slowshare -l control -r -F -d 'where commands are taken'
complete -c slowshare -s h -l help -d usage
complete -c slowshare -n "$ctl; and test (count (commandline -opc)) = 3" -f \
    -a 'offline hang online resume fail fail-nth fail-late latency bandwidth lie stats reset-stats'
