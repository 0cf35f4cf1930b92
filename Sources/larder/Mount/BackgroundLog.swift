import Control
import Glibc
import Model
import Platform
import Synchronization

/// Where a background daemon's standard output and error go.
///
/// To the file that was asked for, which is appended to and kept; else to one beside the control
/// socket, which starts anew with each mount and goes when the daemon ends well. A file that has reached
/// its bound becomes `FILE.1`, in place of the one before, and a new one is begun.
final class BackgroundLog: Sendable {
    /// Bytes of a file that was asked for, at most; so much again is kept of what was before.
    static let namedBytesMax: Int64 = 8 << 20
    /// The other one mostly lies in RAM.
    static let ownBytesMax: Int64 = 1 << 20

    private struct State: Sendable {
        /// The file beside the control socket, once it is open.
        var own: String?
        /// What standard error leads to, once it is open.
        var path: String?
        var bytesMax = BackgroundLog.namedBytesMax
    }

    private let file: String?
    private let state = Mutex(State())

    private var own: String? { state.withLock { $0.own } }

    /// - Parameter file: as typed.
    init(file: String?) throws(MountFailure) {
        guard let file else {
            self.file = nil
            return
        }
        do {
            self.file = RealPath.lexical(file, from: try RealPath.workingDirectory())
        } catch {
            throw MountFailure(
                "the working directory is gone (\(error.message)): change to another")
        }
    }

    /// Points descriptors 1 and 2 at the log.
    ///
    /// - Parameter view: canonical mountpoint.
    func open(view: String) throws(MountFailure) {
        var path = file
        var flags: OpenFlags = [.writeOnly, .create, .append]
        if path == nil {
            let runtime = RuntimeDirectory.own()
            do {
                _ = try runtime.prepare()
            } catch {
                throw MountFailure(error.description)
            }
            let name = MountRegistry.identifier(ofView: Array(view.utf8)) + ".log"
            path = "\(runtime.path)/\(name)"
            state.withLock { [path] in
                $0.own = path
                $0.bytesMax = Self.ownBytesMax
            }
            flags = [.writeOnly, .create, .append, .truncate, .noFollow]
        }
        guard let path else { return }
        do {
            try Self.lead(to: path, flags)
            state.withLock { [path] in $0.path = path }
        } catch {
            throw MountFailure(
                "the log \(path) cannot be written (\(error.message)): name another with"
                    + " `-o logfile=FILE`")
        }
    }

    private static func lead(to path: String, _ flags: OpenFlags) throws(Errno) {
        let opened = try FileCalls.open(path, flags, mode: 0o600)
        for target: Int32 in [1, 2] { _ = try systemCall { dup2(opened.rawValue, target) } }
    }

    /// Writes messages, and keeps the file within its bound. Before ``open(view:)`` there is no bound.
    var sink: @Sendable (LogRecord) -> Void {
        { [self] record in
            state.withLock { state in
                StandardErrorSink.lines(record)
                if let path = state.path { Self.turn(path, bytesMax: state.bytesMax) }
            }
        }
    }

    /// What is no regular file (`/dev/null`, a pipe) has no bound to keep, and what somebody else has moved away is
    /// left to them.
    private static func turn(_ path: String, bytesMax: Int64) {
        guard let now = try? FileCalls.attributes(of: 2), now.kind == .regular,
            now.size >= bytesMax,
            let named = try? FileCalls.attributes(at: FileCalls.workingDirectory, Name(path)),
            named.inode == now.inode, named.device == now.device
        else { return }
        do throws(Errno) {
            try FileCalls.rename(
                at: FileCalls.workingDirectory, Array(path.utf8), to: Array("\(path).1".utf8))
            try lead(to: path, [.writeOnly, .create, .append, .noFollow])
        } catch {
            // The folder may not be written: the bound counts more than what is in the file.
            ftruncate(2, 0)
        }
    }

    /// The log of this run up to now, each line after a line break; nothing for a log that others may
    /// write to as well.
    var saidSoFar: String {
        guard let own, let bytes = try? FileContents.read(own, bytesMax: 64 << 10) else {
            return ""
        }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n").suffix(10)
            .map { "\n  " + $0 }.joined()
    }

    /// - Parameter keep: false when the daemon ended well. A log in which nothing stands goes anyway.
    func close(keep: Bool) {
        guard let own else { return }
        let isEmpty = (try? FileCalls.attributes(ofPath: own))?.size == 0
        if !keep { _ = unlink("\(own).1") }
        if !keep || isEmpty { _ = unlink(own) }
    }
}
