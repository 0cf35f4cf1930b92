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
        let isHere = { (attributes: FileAttributes) in attributes.device == device }
        ViewWalk(
            enters: isHere,
            found: { path, attributes in
                !attributes.isRegular || !isHere(attributes) || found(path, attributes)
            },
            failed: { readers.fail($0, $1.message) }
        ).go(below: top)
    }
}
