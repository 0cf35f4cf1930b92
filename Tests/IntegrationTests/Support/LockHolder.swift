import Glibc
import Platform
import TestSupport

/// A process that takes a lock on a file, says how that went, and keeps it until it is told to let go.
///
/// Perl, which every Debian has: locks of `fcntl(2)` belong to processes, so one of its own is needed.
final class LockHolder: Sendable {
    enum Kind: String {
        case read, write
        /// `flock(2)`, exclusive.
        case whole
        /// As `read`, through a descriptor that a child of the process keeps open.
        case readWithHeir
    }

    private static let script = """
        use Fcntl ':DEFAULT', ':flock'; $| = 1;
        my ($path, $kind, $start, $length, $wait) = @ARGV;
        $SIG{USR1} = sub { };
        sysopen(F, $path, $kind =~ /^read/ ? O_RDONLY : O_RDWR) or die "open: " . ($! + 0);
        my $ok;
        if ($kind eq 'whole') {
            $ok = flock(F, LOCK_EX | ($wait ? 0 : LOCK_NB));
        } else {
            my $lock = pack('s s x4 q q i x4', $kind =~ /^read/ ? F_RDLCK : F_WRLCK, 0, $start, $length, 0);
            $ok = fcntl(F, $wait ? F_SETLKW : F_SETLK, $lock);
        }
        print $ok ? "has it\\n" : "error " . ($! + 0) . "\\n";
        if ($kind eq 'readWithHeir') {
            my $heir = fork;
            if (!$heir) { sleep 600; exit }
            print "heir $heir\\n";
        }
        my $line = <STDIN>;
        if (!defined $line) { sleep 600 }
        """

    let process: SpawnedProcess

    /// - Parameters:
    ///   - length: 0 reaches to the end.
    ///   - waits: for whoever has it.
    init(
        _ area: Area, _ path: String, _ kind: Kind, start: Int64 = 0, length: Int64 = 0,
        waits: Bool = false
    ) throws {
        guard let perl = TestRun.program("perl") else {
            throw RunningView.EndedWrongly(description: "no perl")
        }
        process = try area.spawn(
            "lock", perl,
            ["-e", Self.script, path, kind.rawValue, "\(start)", "\(length)", waits ? "1" : "0"])
    }

    /// What it said: "has it", or "error 11"; nil while it waits.
    var answer: String? {
        process.output.split(separator: "\n").first.map(String.init)
    }

    /// The child that has its descriptor too.
    var heir: Int32? {
        let words = process.output.split(whereSeparator: \.isWhitespace)
        return words.firstIndex(of: "heir").flatMap { Int32(words[$0 + 1]) }
    }

    /// Waits for its word.
    @discardableResult
    func result(within seconds: Double = 10) throws -> String {
        try waitUntil("a lock is had or refused", within: seconds, poll: 0.002) { answer }
    }

    /// Sends it signals until it says something: one that comes before its wait ends nothing.
    func interrupted() throws -> String {
        try waitUntil("its handler is there") { SignalState.isCaught(SIGUSR1, by: process.pid) }
        return try waitUntil("a wait ends by a signal", poll: 0.05) {
            process.send(SIGUSR1)
            return answer
        }
    }

    /// Ends it as `kill -9` does.
    func kill() throws {
        process.send(SIGKILL)
        _ = try process.wait("the holder of a lock", within: 10)
    }
}
