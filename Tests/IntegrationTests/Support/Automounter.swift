import Platform
import TestSupport
import Testing

/// Mounts a folder in another one's place as soon as somebody looks into it, as systemd does for `x-systemd.automount`.
///
/// Perl, as in ``LockHolder``: the kernel takes the processes of a group of their own for the automounter.
struct Automounter {
    /// Protocol 5 of the kernel's `autofs` module: a packet per look, answered once something is mounted.
    private static let script = """
        use POSIX ':fcntl_h'; $| = 1; $^F = 255;
        my ($source, $path) = @ARGV;
        setpgrp;
        pipe(my $packets, my $kernel) or die "pipe: $!";
        my $options = "fd=" . fileno($kernel) . ",pgrp=" . getpgrp() . ",minproto=5,maxproto=5,direct";
        system("mount", "-t", "autofs", "-o", $options, "automounter", $path) == 0 or die "mount";
        sysopen(my $folder, $path, O_RDONLY) or die "open: $!";
        close $kernel;
        print "ready\\n";
        while (sysread($packets, my $packet, 304)) {
            my ($version, $type, $token) = unpack("l l I", $packet);
            system("mount", "--bind", $source, $path) == 0 or die "mount";
            ioctl($folder, 0x9360, $token) or die "ready: $!";
        }
        """

    let path: String
    private let area: Area

    init(_ area: Area, mounting source: String, on path: String) throws {
        self.area = area
        self.path = path
        let process = try area.spawn(
            "automounter", try #require(TestRun.program("perl")), ["-e", Self.script, source, path])
        try waitUntil("\(path) waits for who looks into it") {
            if let ending = process.ended {
                throw RunningView.EndedWrongly(
                    description: "automounter: \(ending)\n\(process.output)")
            }
            return process.output.contains("ready") ? () : nil
        }
    }

    /// Takes away what is mounted there, if anything is, as when nobody was there for some time.
    func unmount() throws {
        let isMounted = try MountTable.current().entries.contains {
            $0.mountPoint == Array(path.utf8) && !$0.isAutomountPoint
        }
        guard isMounted else { return }
        let unmounted = try area.run("/bin/umount", [path])
        try #require(unmounted.isSuccess, "\(unmounted)")
    }
}
