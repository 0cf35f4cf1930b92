import Model

/// The order of folders by the names of their files: the next number of a series where names are numbered, else the next
/// name with the same extension, digits compared as numbers.
///
/// A folder may have parts, which lie in it as folders of their own: the seasons of a show. They are gone through in the order of their names;
/// after the last file of one comes the first of the next.
public struct NamedOrder: FolderOrder, Sendable {
    private struct Part: Sendable {
        /// Empty: the folder itself.
        var name: String
        var files: [HabitFile]
    }

    /// The parts in order.
    private var folders: [UInt64: [Part]] = [:]
    private var places: [UInt64: (folder: UInt64, part: String, name: String)] = [:]

    public init() {}

    /// Says what a folder has, or a part of it; what was said before of the same no longer counts.
    ///
    /// - Parameter part: name of a folder in it; empty: what lies in itself.
    public mutating func set(_ files: [HabitFile], of folder: UInt64, part: String = "") {
        var parts = folders[folder] ?? []
        if let known = parts.firstIndex(where: { $0.name == part }) {
            for file in parts[known].files { places[file.file] = nil }
            parts.remove(at: known)
        }
        let sorted = files.sorted { Self.isBefore($0.name, $1.name) }
        let at = parts.firstIndex { Self.isBefore(part, $0.name) } ?? parts.count
        parts.insert(Part(name: part, files: sorted), at: at)
        folders[folder] = parts
        for file in files { places[file.file] = (folder, part, file.name) }
    }

    public func next(after file: UInt64, in folder: UInt64) -> HabitFile? {
        guard let place = places[file], place.folder == folder, let parts = folders[folder],
            let part = parts.firstIndex(where: { $0.name == place.part }),
            let index = parts[part].files.firstIndex(where: { $0.file == file })
        else { return nil }
        let files = parts[part].files
        if let next = files.first(where: { FileNaming.isNext($0.name, after: place.name) }) {
            return next
        }
        let ending = FileNaming.fileExtension(place.name)
        let isAlike = { (other: HabitFile) in FileNaming.fileExtension(other.name) == ending }
        if let next = files[(index + 1)...].first(where: isAlike) { return next }
        return parts[(part + 1)...].lazy.compactMap { $0.files.first(where: isAlike) }.first
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
    public static func isBefore(_ left: String, _ right: String) -> Bool {
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
