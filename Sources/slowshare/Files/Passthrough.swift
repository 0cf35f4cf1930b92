import Fuse
import Model
import Platform

/// Serves a directory as it is, through a ``Network``: a NAS in a box.
///
/// Works from descriptors throughout. Permissions are the kernel's to check (`default_permissions`), unless the share squashes
/// root; what is made belongs to whom it was made for.
final class Passthrough: FuseFileSystem {
    /// Seconds that a client may believe what it was told, as with NFS.
    struct Timeouts: Hashable, Sendable {
        var attribute = 1.0
        var entry = 1.0
        /// For names that are not there; 0 asks each time.
        var negative = 0.0
    }

    let network: Network
    let timeouts: Timeouts
    let clock: ShareClock
    let traits: ProtocolTraits
    let inodes: Inodes
    let files = HandleTable<OpenFile>()
    let directories = HandleTable<OpenDirectory>()
    let openNodes = OpenNodes()
    let locks = RecordLocks()
    private let whenReady: @Sendable () -> Void

    /// - Parameters:
    ///   - root: an `O_PATH` descriptor of the directory to serve.
    ///   - whenReady: called when the kernel has the mount's first answer.
    init(
        root: consuming FileDescriptor, network: Network, timeouts: Timeouts,
        clock: ShareClock, traits: ProtocolTraits, whenReady: @escaping @Sendable () -> Void
    ) throws(Errno) {
        inodes = try Inodes(root: root, numbersNames: traits.numbersNames)
        self.network = network
        self.timeouts = timeouts
        self.clock = clock
        self.traits = traits
        self.whenReady = whenReady
    }

    var features: FuseFeatures {
        [
            .writes, .flush, .synchronize, .extendedAttributes, .locks, .fileLocks, .allocate,
            .seek,
            .copyRange, .readDirectoryPlus,
        ]
    }

    func initialize(_ connection: inout FuseConnection) {
        // As a network file system does it: pages go when the file is seen to have changed.
        connection.wants(.explicitInvalidateData, false)
        connection.wants(.autoInvalidateData)
        // The share's default ACLs decide whether the umask counts.
        connection.wants(.callerMask)
        // So that who may do something by an ACL may do it here too.
        connection.wants(.posixACL)
        whenReady()
    }

    func destroy() {
        network.stop()
    }

    func forget(node: UInt64, count: UInt64) {
        network.count(.forget)
        inodes.forget(node, count: count)
    }

    func statistics(_ request: FuseRequest, node: UInt64) {
        network.serve(.statfs, request) { [self] () throws(Errno) in
            if traits.noticesReleasesLate { noticeCloses() }
            let usage = try FileCalls.fileSystem(of: try inodes.descriptor(of: node).rawValue)
            return .init { request.reply(fileSystem: usage) }
        }
    }
}
