import Fuse
import Model

@testable import View

/// Looks that keep nothing: each goes to the view.
extension KernelDouble {
    func linkTarget(_ path: RelativePath) throws(Errno) -> [UInt8] {
        try retrying { () throws(Errno) in
            let node = try node(path)
            guard case .bytes(let target) = try ask({ view.readLink($0, node: node) }) else {
                throw .invalid
            }
            return target
        }
    }

    /// As the kernel gives them: each with a zero behind it.
    func extendedAttributeNames(_ path: RelativePath) throws(Errno) -> [UInt8] {
        try retrying { () throws(Errno) in
            let node = try node(path)
            guard
                case .bytes(let names) = try ask({
                    view.listExtendedAttributes($0, node: node, size: 1 << 16)
                })
            else { throw .invalid }
            return names
        }
    }

    func extendedAttribute(_ path: RelativePath, _ name: Name) throws(Errno) -> [UInt8] {
        try retrying { () throws(Errno) in
            let node = try node(path)
            guard
                case .bytes(let value) = try ask({
                    view.getExtendedAttribute($0, node: node, name: name, size: 1 << 16)
                })
            else { throw .invalid }
            return value
        }
    }

    /// Opens, reads where it is said, in the kernel's pieces, and closes.
    func read(
        _ path: RelativePath, _ ranges: [Range<Int64>]
    ) throws(Errno) -> [[UInt8]] {
        try retrying { () throws(Errno) in
            let node = try node(path)
            let handle = try open(node, O.readOnly)
            defer { close(node, handle) }
            var found: [[UInt8]] = []
            for range in ranges {
                var bytes: [UInt8] = []
                while bytes.count < range.count {
                    let piece = min(1 << 17, range.count - bytes.count)
                    let more = try read(
                        node, handle, at: range.lowerBound + Int64(bytes.count), piece)
                    bytes += more
                    if more.count < piece { break }
                }
                found.append(bytes)
            }
            return found
        }
    }
}
