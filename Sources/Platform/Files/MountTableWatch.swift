import Glibc
import Model

/// Whether something was mounted or unmounted since it was asked last (proc(5), `/proc/pid/mounts`: `POLLPRI`).
///
/// For one asker at a time.
public struct MountTableWatch: Sendable {
    private let file: DescriptorReference?

    public init() {
        do throws(Errno) {
            file = DescriptorReference(try FileCalls.open(MountTable.path, [.readOnly]))
        } catch {
            file = nil
        }
    }

    /// Yes also where that cannot be told.
    public func hasChanged() -> Bool {
        guard let file else { return true }
        var wanted = pollfd(fd: file.rawValue, events: Int16(POLLPRI), revents: 0)
        return poll(&wanted, 1, 0) != 0
    }
}
