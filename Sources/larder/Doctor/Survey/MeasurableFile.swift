import Glibc
import Model
import Platform

/// A file of the share, open for a measurement.
struct MeasurableFile: Sendable {
    static let blockBytes: Int64 = 4096
    private static let filesMax = 16
    private static let entriesMax = 4000
    private static let foldersMax = 200
    private static let searchTime = Duration.seconds(2)
    /// Together, these are enough to read from.
    private static let bytesEnough: Int64 = 1 << 30

    let descriptor: DescriptorReference
    let size: Int64
    let isDirect: Bool

    /// The largest of the files that a short search finds, largest first; none that has no block in full.
    static func find(below path: String) throws(Errno) -> [MeasurableFile] {
        let clock = SystemClock()
        let end = clock.monotonic + searchTime
        var folders = [path]
        var found: [(path: [UInt8], size: Int64)] = []
        var entriesLeft = entriesMax
        var foldersLeft = foldersMax
        var bytes: Int64 = 0
        search: while !folders.isEmpty, foldersLeft > 0, bytes < bytesEnough {
            let folder = folders.removeFirst()
            foldersLeft -= 1
            guard let directory = try? FileCalls.open(folder, [.directory, .noFollow]) else {
                continue
            }
            let reference = DescriptorReference(directory)
            var reader = DirectoryReader(try FileCalls.reopen(reference.rawValue, .directory))
            while let batch = try reader.next() {
                for entry in batch {
                    entriesLeft -= 1
                    guard entriesLeft > 0, clock.monotonic < end else { break search }
                    guard
                        let attributes = try? FileCalls.attributes(
                            at: reference.rawValue, entry.name)
                    else { continue }
                    if attributes.isDirectory, let name = String(entry.name) {
                        folders.append("\(folder)/\(name)")
                    } else if attributes.kind == .regular, attributes.size >= blockBytes {
                        found.append((Array("\(folder)/".utf8) + entry.name.bytes, attributes.size))
                        bytes += attributes.size
                    }
                }
            }
        }
        return found.sorted { $0.size > $1.size }.prefix(filesMax).compactMap(open)
    }

    private static func open(_ path: [UInt8], _ size: Int64) -> MeasurableFile? {
        // Times of reading are the owner's business; only the owner may leave them alone.
        let ways: [OpenFlags] = [
            [.noAccessTime, .direct], [.direct], [.noAccessTime], [],
        ]
        for way in ways {
            guard
                let file = try? FileCalls.open(
                    at: FileCalls.workingDirectory, path, way.union([.noFollow, .nonBlocking]))
            else { continue }
            let reference = DescriptorReference(file)
            let isDirect = way.contains(.direct)
            // Some file systems let it be opened and refuse to read.
            let trial = TransferBuffer(Int(blockBytes))
            guard
                (try? FileCalls.read(reference.rawValue, into: trial.storage, at: 0)) != nil
            else { continue }
            if !isDirect { FileCalls.forgetPages(reference.rawValue, 0..<size) }
            return MeasurableFile(descriptor: reference, size: size, isDirect: isDirect)
        }
        return nil
    }
}

extension String {
    /// nil where the name is not UTF-8.
    fileprivate init?(_ name: Name) {
        guard let text = String(validating: name.bytes, as: UTF8.self) else { return nil }
        self = text
    }
}
