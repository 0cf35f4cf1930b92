import CFuse
import Glibc
import Model
import Platform

/// libfuse's callbacks: each turns C arguments into ours and calls the file system's method.
///
/// C pointers are read only during the callback, for which libfuse keeps them valid.
extension fuse_lowlevel_ops {
    init(_ features: FuseFeatures) {
        self.init()
        registerAlways()
        if features.contains(.writes) { registerWrites(features) }
        if features.contains(.extendedAttributes) { registerExtendedAttributes(features) }
        registerOptional(features)
    }

    private mutating func registerAlways() {
        // `destroy` is left out: FuseSession calls it when the loop ends, not when the memory goes.
        self.`init` = { userdata, connection in
            guard let connection else { return }
            SessionCore.from(userdata: userdata)?.initialize(connection)
        }
        lookup = { raw, parent, name in
            with(raw, .lookup) { $1.lookup($0, parent: parent, name: Name(name)) }
        }
        forget = { raw, node, count in
            SessionCore.from(raw)?.fileSystem.forget(node: node, count: count)
            fuse_reply_none(raw)
        }
        forget_multi = { raw, count, forgets in
            let fileSystem = SessionCore.from(raw)?.fileSystem
            for item in UnsafeBufferPointer(start: forgets, count: count) {
                fileSystem?.forget(node: item.ino, count: item.nlookup)
            }
            fuse_reply_none(raw)
        }
        getattr = { raw, node, info in
            with(raw, .getattr) { $1.getAttributes($0, node: node, handle: info?.pointee.fh) }
        }
        readlink = { raw, node in with(raw, .readlink) { $1.readLink($0, node: node) } }
        open = { raw, node, info in
            with(raw, .open) { $1.open($0, node: node, flags: info.flags) }
        }
        read = { raw, node, size, offset, info in
            with(raw, .read) {
                $1.read($0, node: node, handle: info.handle, offset: Int64(offset), size: size)
            }
        }
        release = { raw, node, info in
            let owner = info?.pointee.flock_release == 1 ? info?.pointee.lock_owner : nil
            with(raw, .release) {
                $1.release($0, node: node, handle: info.handle, flags: info.flags, lockOwner: owner)
            }
        }
        opendir = { raw, node, info in
            with(raw, .opendir) { $1.openDirectory($0, node: node, flags: info.flags) }
        }
        readdir = { raw, node, size, offset, info in
            with(raw, .readdir) {
                $1.readDirectory(
                    $0, node: node, handle: info.handle, offset: Int64(offset), size: size,
                    plus: false)
            }
        }
        releasedir = { raw, node, info in
            with(raw, .releasedir) { $1.releaseDirectory($0, node: node, handle: info.handle) }
        }
        statfs = { raw, node in with(raw, .statfs) { $1.statistics($0, node: node) } }
    }

    private mutating func registerWrites(_ features: FuseFeatures) {
        setattr = { raw, node, attributes, which, info in
            let changes = attributes.map { AttributeChanges($0.pointee, which: which) }
            with(raw, .setattr) {
                $1.setAttributes(
                    $0, node: node, changes: changes ?? AttributeChanges(),
                    handle: info?.pointee.fh)
            }
        }
        mknod = { raw, parent, name, mode, device in
            with(raw, .mknod) {
                $1.makeNode(
                    $0, parent: parent, name: Name(name), mode: mode, device: UInt64(device))
            }
        }
        mkdir = { raw, parent, name, mode in
            with(raw, .mkdir) { $1.makeDirectory($0, parent: parent, name: Name(name), mode: mode) }
        }
        unlink = { raw, parent, name in
            with(raw, .unlink) { $1.unlink($0, parent: parent, name: Name(name)) }
        }
        rmdir = { raw, parent, name in
            with(raw, .rmdir) { $1.removeDirectory($0, parent: parent, name: Name(name)) }
        }
        symlink = { raw, target, parent, name in
            with(raw, .symlink) {
                $1.makeSymbolicLink(
                    $0, target: Name(target).bytes, parent: parent, name: Name(name))
            }
        }
        rename = { raw, parent, name, newParent, newName, flags in
            with(raw, .rename) {
                $1.rename(
                    $0, parent: parent, name: Name(name), newParent: newParent,
                    newName: Name(newName), flags: flags)
            }
        }
        link = { raw, node, newParent, newName in
            with(raw, .link) {
                $1.link($0, node: node, newParent: newParent, newName: Name(newName))
            }
        }
        create = { raw, parent, name, mode, info in
            with(raw, .create) {
                $1.create($0, parent: parent, name: Name(name), mode: mode, flags: info.flags)
            }
        }
        write = { raw, node, bytes, size, offset, info in
            with(raw, .write) {
                $1.write(
                    $0, node: node, handle: info.handle, offset: Int64(offset),
                    bytes: UnsafeRawBufferPointer(start: bytes, count: size),
                    flags: info?.pointee.flags ?? 0, fromCache: info?.pointee.writepage == 1)
            }
        }
    }

    private mutating func registerExtendedAttributes(_ features: FuseFeatures) {
        getxattr = { raw, node, name, size in
            with(raw, .getxattr) {
                $1.getExtendedAttribute($0, node: node, name: Name(name), size: size)
            }
        }
        listxattr = { raw, node, size in
            with(raw, .listxattr) { $1.listExtendedAttributes($0, node: node, size: size) }
        }
        guard features.contains(.writes) else { return }
        setxattr = { raw, node, name, value, size, flags in
            let value = Array(UnsafeRawBufferPointer(start: value, count: size))
            with(raw, .setxattr) {
                $1.setExtendedAttribute(
                    $0, node: node, name: Name(name), value: value, flags: flags)
            }
        }
        removexattr = { raw, node, name in
            with(raw, .removexattr) { $1.removeExtendedAttribute($0, node: node, name: Name(name)) }
        }
    }

    private mutating func registerOptional(_ features: FuseFeatures) {
        if features.contains(.readDirectoryPlus) {
            readdirplus = { raw, node, size, offset, info in
                with(raw, .readdirplus) {
                    $1.readDirectory(
                        $0, node: node, handle: info.handle, offset: Int64(offset), size: size,
                        plus: true)
                }
            }
        }
        if features.contains(.flush) {
            flush = { raw, node, info in
                with(raw, .flush) {
                    $1.flush($0, node: node, handle: info.handle, lockOwner: info.lockOwner)
                }
            }
        }
        if features.contains(.synchronize) {
            fsync = { raw, node, dataOnly, info in
                with(raw, .fsync) {
                    $1.synchronize($0, node: node, handle: info.handle, dataOnly: dataOnly != 0)
                }
            }
            fsyncdir = { raw, node, dataOnly, info in
                with(raw, .fsyncdir) {
                    $1.synchronizeDirectory(
                        $0, node: node, handle: info.handle, dataOnly: dataOnly != 0)
                }
            }
        }
        if features.contains(.access) {
            access = { raw, node, mask in
                with(raw, .access) { $1.access($0, node: node, mask: mask) }
            }
        }
        if features.contains(.locks) { registerLocks() }
        if features.contains(.fileLocks) {
            flock = { raw, node, info, operation in
                with(raw, .flock) {
                    $1.lockFile(
                        $0, node: node, handle: info.handle, owner: info.lockOwner,
                        operation: operation)
                }
            }
        }
        registerRanges(features)
    }

    private mutating func registerRanges(_ features: FuseFeatures) {
        if features.contains(.allocate) {
            fallocate = { raw, node, mode, offset, length, info in
                with(raw, .fallocate) {
                    $1.allocate(
                        $0, node: node, handle: info.handle, mode: mode, offset: Int64(offset),
                        length: Int64(length))
                }
            }
        }
        if features.contains(.seek) {
            lseek = { raw, node, offset, whence, info in
                with(raw, .lseek) {
                    // The kernel asks for nothing else.
                    guard let whence = SeekWhence(rawValue: whence) else {
                        $0.reply(error: .invalid)
                        return
                    }
                    $1.seek(
                        $0, node: node, handle: info.handle, offset: Int64(offset), whence: whence)
                }
            }
        }
        if features.contains(.copyRange) {
            copy_file_range = { raw, from, fromOffset, fromInfo, to, toOffset, toInfo, length, _ in
                with(raw, .copyFileRange) {
                    $1.copyRange(
                        $0,
                        from: FusePosition(
                            node: from, handle: fromInfo.handle, offset: Int64(fromOffset)),
                        to: FusePosition(
                            node: to, handle: toInfo.handle, offset: Int64(toOffset)),
                        length: length)
                }
            }
        }
    }

    private mutating func registerLocks() {
        getlk = { raw, node, info, lock in
            with(raw, .getlk) {
                $1.getLock(
                    $0, node: node, handle: info.handle, owner: info.lockOwner,
                    lock: FuseLock(lock))
            }
        }
        setlk = { raw, node, info, lock, wait in
            with(raw, .setlk) {
                $1.setLock(
                    $0, node: node, handle: info.handle, owner: info.lockOwner,
                    lock: FuseLock(lock), wait: wait != 0)
            }
        }
    }
}

/// Makes the request an object of ours and hands it to its file system.
@inline(__always)
private func with(
    _ raw: OpaquePointer?, _ operation: FuseOperation,
    _ body: (FuseRequest, any FuseFileSystem) -> Void
) {
    guard let raw, let core = SessionCore.from(raw) else { return }
    body(FuseRequest(raw, operation, session: core), core.fileSystem)
}

extension Name {
    /// Copies a C string.
    fileprivate init(_ raw: UnsafePointer<CChar>?) {
        self.init(Array(UnsafeRawBufferPointer(start: raw, count: raw.map { strlen($0) } ?? 0)))
    }
}

extension FuseLock {
    fileprivate init(_ raw: UnsafeMutablePointer<Glibc.flock>?) {
        self =
            raw.map { FuseLock($0.pointee) }
            ?? FuseLock(kind: .unlock, start: 0, length: 0, processID: 0)
    }
}

/// libfuse passes file information with every operation on an open file; a missing one reads as zeros.
extension UnsafeMutablePointer<fuse_file_info>? {
    fileprivate var handle: UInt64 { self?.pointee.fh ?? 0 }
    fileprivate var flags: Int32 { self?.pointee.flags ?? 0 }
    fileprivate var lockOwner: UInt64 { self?.pointee.lock_owner ?? 0 }
}
