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
}
