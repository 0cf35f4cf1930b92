import Model
import Platform

/// Damaged files get another name, so that they can be looked at; what is to be forgotten goes with all of them.
///
/// Every connection must be closed: SQLite removes `-wal` by name when the last one goes.
extension HistoryFile {
    /// Names of the files that were set aside.
    func damagedNames() throws(Errno) -> [String] {
        let reopened = try FileCalls.reopen(descriptor.rawValue, [.readOnly, .directory])
        var reader = DirectoryReader(reopened)
        var names: [String] = []
        while let batch = try reader.next() {
            names += batch.map(\.name.description).filter { $0.hasPrefix(Self.damagedPrefix) }
        }
        return names
    }

    /// Renames the file, and removes what was set aside before: one is evidence, more are a waste of the disk.
    ///
    /// Lasts, also where the power fails at any moment of it.
    ///
    /// - Returns: the new name.
    func setAside(now: Timestamp) throws(Errno) -> String {
        let name = Self.damagedPrefix + DateStamp.text(now)
        try removeDamaged()
        do throws(Errno) {
            try FileCalls.rename(
                at: descriptor.rawValue, Array(Self.name.utf8), to: Array(name.utf8))
        } catch .noSuchFile {
            // Somebody removed it: nothing to keep.
        }
        try FileCalls.synchronize(descriptor.rawValue)
        try removeLog()
        try FileCalls.synchronize(descriptor.rawValue)
        return name
    }

    /// Removes the files that were set aside. Nothing can be forgotten in them, so they go where anything is forgotten.
    func removeDamaged() throws(Errno) {
        for name in try damagedNames() { try remove(name) }
    }

    /// Removes the history with all that belongs to it.
    func removeAll() throws(Errno) {
        try removeDamaged()
        try remove(Self.name)
        try removeLog()
        try FileCalls.synchronize(descriptor.rawValue)
    }

    func removeLog() throws(Errno) {
        for suffix in ["-wal", "-shm"] { try remove(Self.name + suffix) }
    }

    private func remove(_ name: String) throws(Errno) {
        do throws(Errno) {
            try FileCalls.unlink(at: descriptor.rawValue, Array(name.utf8))
        } catch .noSuchFile {
        }
    }

    /// Whether the file is at fault for `error`, and will stay so.
    func isDamaged(_ error: SQLiteError) -> Bool {
        error.meansDamage || isDeclaredReadOnly(error)
    }

    /// Whether SQLite refuses to write because the file's header says that the database is of a newer, read-only kind. No
    /// SQLite has made one, so the header is damaged.
    ///
    /// Bytes 18 and 19 are the versions for writing and reading, 1 or 2 (sqlite.org/fileformat2.html, 1.3.3).
    private func isDeclaredReadOnly(_ error: SQLiteError) -> Bool {
        guard error.code == .readOnly else { return false }
        do {
            let opened = try FileCalls.open(
                at: descriptor.rawValue, Array(Self.name.utf8), [.readWrite, .noFollow])
            var header = [UInt8](repeating: 0, count: 20)
            let count = try header.withUnsafeMutableBytes { bytes in
                try FileCalls.read(opened.rawValue, into: bytes, at: 0)
            }
            return count == header.count && header[18] > 2
        } catch {
            // What cannot be opened to write is read-only in truth.
            return false
        }
    }
}
