/// What `--help` and `--version` print.
enum Usage {
    static let version = "slowshare 0.1.0"

    static let text = """
        Usage: slowshare DIRECTORY MOUNTPOINT [OPTIONS]
               slowshare ctl [--control SOCKET] MOUNTPOINT COMMAND

        Serves DIRECTORY at MOUNTPOINT as if it lay on a NAS far away: every operation waits a round
        trip, all reads and writes share one bandwidth, and faults can be switched while it runs.

        Options:
          --round-trip TIME          8ms unless said otherwise; 250us, 1.5s, 0
          --bandwidth RATE           100MB/s unless said otherwise; 12MiB/s, unlimited
          --background               return when the mount is usable
          --attribute-timeout TIME   how long attributes are believed (1s)
          --entry-timeout TIME       how long names are believed (1s)
          --negative-timeout TIME    how long it is believed that a name is not there (0)
          --clock-behind TIME        how far the clock is behind by which files get their times (0)
          --time-step TIME           what times are rounded down to (0: as fine as they are)
          --silly-rename             what is deleted while it is open is .nfs... until it is closed (NFS)
          --late-releases            likewise, and stays so if it is deleted within 5 ms of its close (libfuse)
          --share-modes              what is open is not deleted, renamed or replaced: EACCES (SMB)
          --stamp-at-close           each close of what was written sets its time (SMB)
          --squash UID:GID           what root does is done as this user, what others do as them (NFS)
          --ignore-case              names are found in any case (SMB)
          --number-names             each name, however it is spelled, has an inode number of its own
                                     (SMB without serverino)
          --control SOCKET           where commands are taken
          -o OPTION[,OPTION...]      mount options: ro, allow_other, suid, dev, ...
          --help, --version

        Commands:
          offline [ERROR]            every operation fails at once (EIO)
          hang                       every operation waits until resume, online or offline
          online, resume             back to normal
          fail KIND ERROR N/M        N of every M operations of this kind fail (read, lookup, ..., any)
          fail-nth KIND ERROR K      the K-th operation of this kind from now fails
          fail-late KIND ERROR N/M   N of every M are carried out, and fail all the same
          fail clear                 no such failures any more
          latency TIME               another round trip
          bandwidth RATE             another bandwidth
          lie KIND                   what folders below the root list: none (the truth), double, dots,
                                     slash, empty, long, circle, endless, many COUNT made-up files;
                                     typeless or unreadable files, whose names begin with "bad"
          stats                      counts and state, as JSON
          reset-stats                count from zero

        Unmount with `fusermount3 -u MOUNTPOINT`, SIGTERM or SIGINT; all end slowshare with code 0.
        Exit codes: 0 success, 1 failure, 2 a command line that makes no sense.

        """
}
