import Model
import Platform

/// A daemon's hold on its registry entry. Released by ``release()``, or by the kernel when the
/// process ends.
public final class RegistryClaim: Sendable {
    private let directory: DescriptorReference
    private let name: String
    /// Holds the lock for as long as it is open.
    private let file: DescriptorReference

    init(directory: DescriptorReference, name: String, file: DescriptorReference) {
        self.directory = directory
        self.name = name
        self.file = file
    }

    /// Removes entry and socket. The last thing a daemon does: who waits for its end waits for
    /// this.
    public func release() {
        Self.remove(directory, name)
    }

    /// The entry goes last: while it is there, the name is taken.
    static func remove(_ directory: DescriptorReference, _ name: String) {
        let stem = name.dropLast(".json".count)
        for victim in ["\(stem).sock", name] {
            do throws(Errno) {
                try FileCalls.unlink(at: directory.rawValue, Array(victim.utf8))
            } catch {
                // Absent already; nothing depends on it.
            }
        }
    }
}
