public import Model

/// What `files.txt` beside a client trace tells: number, path and size of each file and folder, in listing order.
public struct FileList: Sendable {
    public struct Entry: Sendable, Hashable {
        public var id: UInt64
        /// Below the root, which has no components.
        public var path: RelativePath
        public var size: Int64
        /// Its path ends in `/`, or it is the root.
        public var isFolder: Bool
    }

    public private(set) var entries: [Entry] = []

    public init() {}

    /// - Parameters:
    ///   - bytes: lines of `id TAB path TAB size`; folders end in `/`, the root is `.`.
    ///   - path: named in errors.
    public init(parsing bytes: [UInt8], path: String) throws(TraceError) {
        var seen: Set<UInt64> = []
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() where !(line.isEmpty && index == lines.count - 1) {
            func refusal(_ problem: String) -> TraceError {
                TraceError(path: path, line: index + 1, problem: problem)
            }
            let fields = line.split(separator: 0x09, omittingEmptySubsequences: false)
            guard fields.count == 3 else { throw refusal("not 'id TAB path TAB size'") }
            guard let id = UInt64(String(decoding: fields[0], as: UTF8.self)) else {
                throw refusal("'\(String(decoding: fields[0], as: UTF8.self))' is no file's number")
            }
            guard let size = Int64(String(decoding: fields[2], as: UTF8.self)), size >= 0,
                size <= TraceParser.offsetMax
            else { throw refusal("'\(String(decoding: fields[2], as: UTF8.self))' is no size") }
            guard !fields[1].isEmpty else { throw refusal("the path is empty") }
            guard seen.insert(id).inserted else { throw refusal("file \(id) is listed twice") }
            let isRoot = Array(fields[1]) == [0x2E]
            let components = isRoot ? [] : fields[1].split(separator: 0x2F).map { Name(Array($0)) }
            entries.append(
                Entry(
                    id: id, path: RelativePath(components), size: size,
                    isFolder: isRoot || fields[1].last == 0x2F))
        }
    }
}
