import Control
import Glibc
import Model
import Platform
import Synchronization

/// Where a background daemon's standard output and error go.
///
/// To the file that was asked for, which is appended to and kept; else to one beside the control
/// socket, which starts anew with each mount and goes when the daemon ends well.
final class BackgroundLog: Sendable {
    private let file: String?
    private let state = Mutex<String?>(nil)

    /// The file beside the control socket, once it is open.
    private var own: String? { state.withLock { $0 } }

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
            state.withLock { [path] in $0 = path }
            flags = [.writeOnly, .create, .append, .truncate, .noFollow]
        }
        guard let path else { return }
        do {
            let opened = try FileCalls.open(path, flags, mode: 0o600)
            for target: Int32 in [1, 2] { _ = try systemCall { dup2(opened.rawValue, target) } }
        } catch {
            throw MountFailure(
                "the log \(path) cannot be written (\(error.message)): name another with"
                    + " `-o logfile=FILE`")
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
        if !keep || isEmpty { _ = unlink(own) }
    }
}
