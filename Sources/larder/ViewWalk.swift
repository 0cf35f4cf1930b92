import Model
import Platform

/// Goes through all that is below a folder of a view, as a program does that reads it. Symbolic links are not followed.
struct ViewWalk {
    /// Whether a folder below is gone into.
    let enters: (FileAttributes) -> Bool
    /// Told of whatever is no folder. - Returns: false ends the walk.
    let found: ([UInt8], FileAttributes) -> Bool
    /// What could not be looked at, or read.
    let failed: ([UInt8], Errno) -> Void

    /// - Parameter top: absolute, without symbolic links.
    func go(below top: [UInt8]) {
        var folders = [top]
        while let folder = folders.popLast() {
            var below: [[UInt8]] = []
            do throws(Errno) {
                guard try look(into: folder, &below) else { return }
            } catch {
                failed(folder, error)
            }
            // In the order in which the share lists them.
            folders += below.reversed()
        }
    }

    /// - Returns: false when nobody wants to know any more.
    private func look(into folder: [UInt8], _ below: inout [[UInt8]]) throws(Errno) -> Bool {
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
                    failed(path, error)
                    continue
                }
                if attributes.kind == .directory {
                    if enters(attributes) { below.append(path) }
                } else if !found(path, attributes) {
                    return false
                }
            }
        }
        return true
    }
}
