import Model

/// The order of folders by the names of their files: the next number of a series where names are numbered, else the next
/// name with the same extension, digits compared as numbers.
public struct NamedOrder: FolderOrder, Sendable {
    private var folders: [UInt64: [HabitFile]] = [:]
    private var places: [UInt64: (folder: UInt64, name: String)] = [:]

    public init() {}

    /// Says what a folder has; what was said before of it no longer counts.
    public mutating func set(_ files: [HabitFile], of folder: UInt64) {
        for known in folders[folder] ?? [] { places[known.file] = nil }
        folders[folder] = files.sorted { Self.isBefore($0.name, $1.name) }
        for file in files { places[file.file] = (folder, file.name) }
    }

    public func next(after file: UInt64, in folder: UInt64) -> HabitFile? {
        guard let files = folders[folder],
            let index = files.firstIndex(where: { $0.file == file })
        else { return nil }
        let name = files[index].name
        if let next = files.first(where: { FileNaming.isNext($0.name, after: name) }) {
            return next
        }
        let ending = FileNaming.fileExtension(name)
        return files[(index + 1)...].first { FileNaming.fileExtension($0.name) == ending }
    }

    public func relationship(
        of file: UInt64, to other: UInt64
    ) -> RelatedProbability.Relationship {
        guard let one = places[file], let two = places[other], one.folder == two.folder else {
            return .none
        }
        if FileNaming.isSidecar(one.name, of: two.name) { return .companion }
        return next(after: other, in: two.folder)?.file == file ? .next : .folder
    }

    /// Digits by their value, everything else by its bytes.
    static func isBefore(_ left: String, _ right: String) -> Bool {
        let (a, b) = (Array(left.utf8), Array(right.utf8))
        var (i, j) = (0, 0)
        while i < a.count, j < b.count {
            guard isDigit(a[i]), isDigit(b[j]) else {
                if a[i] != b[j] { return a[i] < b[j] }
                i += 1
                j += 1
                continue
            }
            let (one, two) = (digits(a, &i), digits(b, &j))
            if one.count != two.count { return one.count < two.count }
            if one != two { return one.lexicographicallyPrecedes(two) }
        }
        if (i < a.count) != (j < b.count) { return j < b.count }
        return left < right
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    /// Without leading zeros.
    private static func digits(_ bytes: [UInt8], _ at: inout Int) -> ArraySlice<UInt8> {
        let start = at
        while at < bytes.count, isDigit(bytes[at]) { at += 1 }
        return bytes[start..<at].drop { $0 == 0x30 }
    }
}
