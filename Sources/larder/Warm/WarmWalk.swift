import Model
import Platform

/// Finds the files to be fetched: those that are named, and all below the folders that are. Symbolic links below them are not
/// followed, and nothing that is mounted there is looked into.
struct WarmWalk {
    /// What the cache has of a file, as far as that is of its version.
    let cached: ([UInt8], FileAttributes) -> Int64
    let readers: WarmReaders

    /// - Parameter path: absolute, without symbolic links.
    func visit(_ path: [UInt8]) {
        let attributes: FileAttributes
        do throws(Errno) {
            attributes = try FileCalls.attributes(at: FileCalls.workingDirectory, Name(path))
        } catch {
            return readers.fail(path, error.message)
        }
        switch attributes.kind {
        case .regular: _ = found(path, attributes)
        case .directory: walk(path, attributes.device)
        default: readers.fail(path, "it is no file and no folder")
        }
    }

    private func found(_ path: [UInt8], _ attributes: FileAttributes) -> Bool {
        readers.add(
            WarmQueue.Entry(
                path: path, size: attributes.size, cached: cached(path, attributes)))
    }

    private func walk(_ top: [UInt8], _ device: UInt64) {
        var folders = [top]
        while let folder = folders.popLast() {
            var below: [[UInt8]] = []
            do throws(Errno) {
                guard try look(into: folder, device, &below) else { return }
            } catch {
                readers.fail(folder, error.message)
            }
            // In the order in which the share lists them.
            folders += below.reversed()
        }
    }

    /// - Returns: false when nobody wants to know any more.
    private func look(
        into folder: [UInt8], _ device: UInt64, _ below: inout [[UInt8]]
    ) throws(Errno) -> Bool {
        var reader = DirectoryReader(
            try FileCalls.open(
                at: FileCalls.workingDirectory, folder, [.readOnly, .directory, .noFollow]))
        while let batch = try reader.next() {
            for entry in batch {
                let path = folder + [UInt8(ascii: "/")] + entry.name.bytes
                let attributes: FileAttributes
                do throws(Errno) {
                    attributes = try FileCalls.attributes(at: reader.rawValue, entry.name)
                } catch .noSuchFile {
                    // Gone meanwhile.
                    continue
                } catch {
                    readers.fail(path, error.message)
                    continue
                }
                guard attributes.device == device else { continue }
                switch attributes.kind {
                case .directory: below.append(path)
                case .regular: guard found(path, attributes) else { return false }
                default: break
                }
            }
        }
        return true
    }
}
