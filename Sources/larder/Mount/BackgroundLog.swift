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
///
/// Either is opened as ``OutputFile`` does it: mounts are often root's, and what is named may lie where others were before.
/// A FIFO is not taken: a daemon whose log nobody reads would stop at its next word.
final class BackgroundLog: Sendable {
    /// Bytes of a file that was asked for, at most; so much again is kept of what was before.
    static let namedBytesMax: Int64 = 8 << 20
    /// The other one mostly lies in RAM.
    static let ownBytesMax: Int64 = 1 << 20
    /// What a failed start shows of it.
    private static let shownBytesMax = 64 << 10
    private static let shownLinesMax = 10

    private struct State: Sendable {
        /// What standard error leads to, once it is open.
        var output: OutputFile?
        /// Whether that is the file beside the control socket.
        var isOwn = false
        /// Whether the name has gone to somebody else while it was turned: from then on it is cut, not turned.
        var isNameless = false
        var bytesMax = BackgroundLog.namedBytesMax
    }

    private let file: String?
    private let state = Mutex(State())

    /// - Parameter file: as typed.
    init(file: String?) throws(MountFailure) {
        guard let file else {
            self.file = nil
            return
        }
        // A descriptor by name is the same from everywhere.
        if InheritedDescriptor.number(ofPath: file) != nil {
            self.file = file
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
        let path = if let file { file } else { try Self.ownPath(view) }
        let opened: OutputFile
        do throws(FileRefusal) {
            opened = try OutputFile.open(
                path, existing: file == nil ? .truncate : .append, others: .devices)
        } catch {
            throw MountFailure(
                "the log cannot be written: \(error) (`-o logfile=FILE` names another)")
        }
        do throws(Errno) {
            try Self.lead(to: opened)
        } catch {
            throw MountFailure("the log \(opened.path) cannot be written: \(error.message)")
        }
        state.withLock {
            $0.output = opened
            $0.isOwn = file == nil
            if file == nil { $0.bytesMax = Self.ownBytesMax }
        }
    }

    private static func ownPath(_ view: String) throws(MountFailure) -> String {
        let runtime = RuntimeDirectory.own()
        do {
            _ = try runtime.prepare()
        } catch {
            throw MountFailure(error.description)
        }
        return "\(runtime.path)/\(MountRegistry.identifier(ofView: Array(view.utf8))).log"
    }

    private static func lead(to output: OutputFile) throws(Errno) {
        for target: Int32 in [1, 2] {
            _ = try systemCall { dup2(output.descriptor.rawValue, target) }
        }
    }

    /// Writes messages, and keeps the file within its bound. Before ``open(view:)`` there is no bound.
    var sink: @Sendable (LogRecord) -> Void {
        { [self] record in
            state.withLock { state in
                StandardErrorSink.lines(record)
                Self.turn(&state)
            }
        }
    }

    /// What is no regular file (`/dev/null`) has no bound to keep, and what somebody else has moved away is left to them.
    private static func turn(_ state: inout State) {
        guard let output = state.output, let place = output.place,
            let now = try? FileCalls.attributes(of: output.descriptor.rawValue),
            now.size >= state.bytesMax, state.isNameless || output.isNamed
        else { return }
        if !state.isNameless, (try? output.rename(to: previous(place.name))) != nil {
            // Somebody may have taken the name meanwhile.
            let fresh = try? OutputFile.open(place, existing: .append)
            if let fresh, (try? lead(to: fresh)) != nil {
                state.output = fresh
                return
            }
            state.isNameless = true
        }
        // The folder may not be written: the bound counts more than what is in the file.
        try? FileCalls.setSize(ofOpen: output.descriptor.rawValue, 0)
    }

    private static func previous(_ name: Name) -> Name { Name(name.bytes + Array(".1".utf8)) }

    /// The log of this run up to now, each line after a line break; nothing for a log that others may
    /// write to as well.
    var saidSoFar: String {
        guard let own = ownOutput, let place = own.place, own.isNamed,
            let file = try? FileCalls.open(
                at: place.folder.rawValue, place.name.bytes,
                [.readOnly, .noFollow, .nonBlocking]),
            let bytes = try? FileContents.read(file.rawValue, bytesMax: Self.shownBytesMax)
        else { return "" }
        return String(decoding: bytes, as: UTF8.self).split(separator: "\n")
            .suffix(Self.shownLinesMax).map { "\n  " + $0 }.joined()
    }

    /// - Parameter keep: false when the daemon ended well. A log in which nothing stands goes anyway.
    func close(keep: Bool) {
        guard let own = ownOutput, let place = own.place else { return }
        let size = try? FileCalls.attributes(of: own.descriptor.rawValue).size
        if !keep {
            try? FileCalls.unlink(at: place.folder.rawValue, Self.previous(place.name).bytes)
        }
        if !keep || size == 0 { own.remove() }
    }

    private var ownOutput: OutputFile? { state.withLock { $0.isOwn ? $0.output : nil } }
}
