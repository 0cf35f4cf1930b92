import Model
import Synchronization

/// How many descriptors of files are open by each path, those included that are in use on a lane or just being closed.
final class OpenPaths: Sendable {
    /// Lives as long as a descriptor.
    final class Mark: Sendable {
        private let paths: OpenPaths
        private let path: RelativePath

        fileprivate init(_ paths: OpenPaths, _ path: RelativePath) {
            self.paths = paths
            self.path = path
        }

        deinit {
            paths.end(path)
        }
    }

    private let counts = Mutex<[RelativePath: Int]>([:])

    func mark(_ path: RelativePath) -> Mark {
        counts.withLock { $0[path, default: 0] += 1 }
        return Mark(self, path)
    }

    func isOpen(_ path: RelativePath) -> Bool { counts.withLock { $0[path] != nil } }

    private func end(_ path: RelativePath) {
        counts.withLock { counts in
            let left = counts[path, default: 1] - 1
            counts[path] = left == 0 ? nil : left
        }
    }
}
