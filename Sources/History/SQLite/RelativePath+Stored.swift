import Model
import Platform

extension RelativePath {
    /// What rows are found by. Paths with the same are told apart by their bytes.
    var rowHash: Int64 { Int64(bitPattern: XXH3.hash64(bytes)) }

    /// - Throws: ``SQLiteError/meansDamage`` for bytes that are no path.
    init(stored bytes: [UInt8]) throws(SQLiteError) {
        self.init()
        guard !bytes.isEmpty else { return }
        for part in bytes.split(separator: 0x2F, omittingEmptySubsequences: false) {
            let name = Name(Array(part))
            guard name.isPossible else { throw SQLiteError(damage: "a path that cannot be") }
            components.append(name)
        }
    }
}
