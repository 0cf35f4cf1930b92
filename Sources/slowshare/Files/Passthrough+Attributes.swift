import Fuse
import Model
import Platform

/// Attributes, ordinary and extended.
extension Passthrough {
    func getAttributes(_ request: FuseRequest, node: UInt64, handle: UInt64?) {
        network.serve(.getattr, request) { [self] () throws(Errno) in
            if let file = MadeUpFile(node: node) {
                let timeout = timeouts.attribute
                return .init { request.reply(attributes: file.attributes, timeout: timeout) }
            }
            return try attributes(of: try inodes.descriptor(of: node), node, for: request)
        }
    }

    func setAttributes(
        _ request: FuseRequest, node: UInt64, changes: AttributeChanges, handle: UInt64?
    ) {
        network.serve(.setattr, request) { [self] () throws(Errno) in
            let file = try inodes.descriptor(of: node)
            let open = handle.flatMap { try? files.value($0) }
            try acting(request) { () throws(Errno) in
                try FileCalls.apply(
                    clock.stored(changes), to: file.rawValue,
                    writable: open?.descriptor.rawValue)
            }
            return try attributes(of: file, node, for: request)
        }
    }

    private func attributes(
        of file: DescriptorReference, _ node: UInt64, for request: FuseRequest
    ) throws(Errno) -> Network.Answer {
        let attributes = numbered(
            clock.shown(try FileCalls.attributes(of: file.rawValue)), node)
        let timeout = timeouts.attribute
        return .init { request.reply(attributes: attributes, timeout: timeout) }
    }

    func getExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name, size: Int) {
        network.serve(.getxattr, request) { [self] () throws(Errno) in
            if MadeUpFile(node: node) != nil { throw .noData }
            let file = try inodes.descriptor(of: node)
            let value = try acting(request) { () throws(Errno) in
                try FileCalls.extendedAttribute(ofPath: FileCalls.path(of: file.rawValue), name)
            }
            return try sized(value, size, request)
        }
    }

    func listExtendedAttributes(_ request: FuseRequest, node: UInt64, size: Int) {
        network.serve(.listxattr, request) { [self] () throws(Errno) in
            if MadeUpFile(node: node) != nil { return try sized([], size, request) }
            let file = try inodes.descriptor(of: node)
            let names = try FileCalls.extendedAttributeNames(
                ofPath: FileCalls.path(of: file.rawValue))
            return try sized(names, size, request)
        }
    }

    func setExtendedAttribute(
        _ request: FuseRequest, node: UInt64, name: Name, value: [UInt8], flags: Int32
    ) {
        network.serve(.setxattr, request) { [self] () throws(Errno) in
            let file = try inodes.descriptor(of: node)
            try acting(request) { () throws(Errno) in
                try FileCalls.setExtendedAttribute(
                    of: file.rawValue, name, to: value, flags: flags)
            }
            return .init { request.reply(error: nil) }
        }
    }

    func removeExtendedAttribute(_ request: FuseRequest, node: UInt64, name: Name) {
        network.serve(.removexattr, request) { [self] () throws(Errno) in
            let file = try inodes.descriptor(of: node)
            try acting(request) { () throws(Errno) in
                try FileCalls.removeExtendedAttribute(of: file.rawValue, name)
            }
            return .init { request.reply(error: nil) }
        }
    }

    /// Size 0 asks how large the bytes are.
    private func sized(
        _ bytes: [UInt8], _ size: Int, _ request: FuseRequest
    ) throws(Errno) -> Network.Answer {
        if size == 0 { return .init { request.reply(xattrSize: bytes.count) } }
        guard bytes.count <= size else { throw .range }
        return .init { bytes.withUnsafeBytes { _ = request.reply(bytes: $0) } }
    }
}
