public import Model

/// A file that somebody named for reading, and that others may have put there.
///
/// Looked at before it is opened (`O_PATH`), so that neither a FIFO makes us wait nor a device does what opening it
/// does. Symbolic links are followed: who reads through one gets what the path says, and changes nothing.
public enum InputFile {
    /// How long a FIFO is waited for: who starts both ends of a pipeline by hand needs no longer.
    public static let writerTime = Duration.seconds(5)

    /// A regular file, or what programs in a pipeline are given: `/dev/stdin` and the like, a FIFO or a character device of
    /// root's or the caller's.
    ///
    /// - Returns: a descriptor whose reads block.
    public static func openStream(
        _ path: String, writerTime: Duration = writerTime
    ) throws(FileRefusal) -> FileDescriptor {
        let refused: FileRefusal
        do throws(Errno) {
            if let inherited = try InheritedDescriptor.duplicate(path) { return inherited }
            let node = try FileCalls.open(path, .pathOnly)
            let attributes = try FileCalls.attributes(of: node.rawValue)
            let refusal = refusal(attributes, path)
            if refusal == nil {
                let opened = try FileCalls.reopen(
                    node.rawValue, [.readOnly, .nonBlocking, .noTerminal])
                var isReady = attributes.kind != .fifo
                if !isReady {
                    isReady = try Readiness.canRead(opened.rawValue, within: writerTime)
                }
                if isReady {
                    try FileCalls.makeBlocking(opened.rawValue)
                    return opened
                }
            }
            refused = refusal ?? .nobodyWrites(path: path, within: writerTime)
        } catch {
            refused = .failed(path: path, error)
        }
        throw refused
    }

    private static func refusal(_ attributes: FileAttributes, _ path: String) -> FileRefusal? {
        switch attributes.kind {
        case .regular: nil
        case .fifo, .characterDevice:
            attributes.userID == 0 || attributes.userID == Environment.userID
                ? nil : .foreign(path: path, owner: attributes.userID)
        case let kind: .notRegular(path: path, kind)
        }
    }

    /// - Throws: `EINVAL` for what is no regular file, `EISDIR` for a directory.
    public static func openRegular(_ path: String) throws(Errno) -> FileDescriptor {
        let node = try FileCalls.open(path, .pathOnly)
        let attributes = try FileCalls.attributes(of: node.rawValue)
        if attributes.isDirectory { throw .isDirectory }
        guard attributes.isRegular else { throw .invalid }
        return try FileCalls.reopen(node.rawValue, .readOnly)
    }
}
