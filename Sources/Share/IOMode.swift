/// How bytes are read from the share.
public enum IOMode: String, Sendable {
    /// `O_DIRECT`: large requests go out whole and in parallel, and the share's pages are not kept in RAM
    /// besides Larder's own.
    case direct
    /// Through the page cache, with the pages dropped behind the read.
    case buffered

    /// Measured in docs/DECISIONS.md. Where `O_DIRECT` turns out to be refused, files fall back one by one.
    ///
    /// - Parameter kind: `f_type` of `statfs(2)`.
    static func preferred(forFileSystem kind: UInt64) -> IOMode {
        let tmpfs: UInt64 = 0x0102_1994
        let ramfs: UInt64 = 0x8584_58f6
        return kind == tmpfs || kind == ramfs ? .buffered : .direct
    }

    /// Whether the kernel cannot freeze who waits there for bytes, while it can kill him: of NFS and SMB, for what is read
    /// past the page cache (`nfs_direct_wait`) and for pages of it alike.
    ///
    /// - Parameter kind: `f_type` of `statfs(2)`.
    static func isReadByProcesses(fileSystem kind: UInt64) -> Bool {
        let nfs: UInt64 = 0x6969
        let cifs: UInt64 = 0xFF53_4D42
        let smb2: UInt64 = 0xFE53_4D42
        return kind == nfs || kind == cifs || kind == smb2
    }
}
