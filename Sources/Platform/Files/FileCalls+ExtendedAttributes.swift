public import Model

import Glibc

/// Extended attributes of the file behind an `O_PATH` descriptor.
extension FileCalls {
    /// - Returns: the value, at most 64 KiB.
    public static func extendedAttribute(of node: Int32, _ name: Name) throws(Errno) -> [UInt8] {
        let path = path(of: node)
        return try sized { buffer, size in
            name.withCString { getxattr(path, $0, buffer, size) }
        }
    }

    /// - Returns: names, each with a NUL behind it.
    public static func extendedAttributeNames(of node: Int32) throws(Errno) -> [UInt8] {
        let path = path(of: node)
        return try sized { buffer, size in
            listxattr(path, buffer?.assumingMemoryBound(to: CChar.self), size)
        }
    }

    /// - Parameter flags: `XATTR_CREATE`, `XATTR_REPLACE` or 0.
    public static func setExtendedAttribute(
        of node: Int32, _ name: Name, to value: [UInt8], flags: Int32
    ) throws(Errno) {
        let path = path(of: node)
        _ = try systemCall {
            name.withCString { setxattr(path, $0, value, value.count, flags) }
        }
    }

    public static func removeExtendedAttribute(of node: Int32, _ name: Name) throws(Errno) {
        let path = path(of: node)
        _ = try systemCall { name.withCString { removexattr(path, $0) } }
    }

    /// Asks for the size, then for the bytes; again when they grew in between.
    private static func sized(
        _ call: (UnsafeMutableRawPointer?, Int) -> Int
    ) throws(Errno) -> [UInt8] {
        while true {
            let size = try systemCall { call(nil, 0) }
            guard size > 0 else { return [] }
            var buffer = [UInt8](repeating: 0, count: size)
            do throws(Errno) {
                let count = try systemCall { () -> Int in
                    buffer.withUnsafeMutableBytes { call($0.baseAddress, $0.count) }
                }
                return Array(buffer[..<count])
            } catch .range {
                continue
            }
        }
    }
}
