import Model

/// Takes the answers of `getdents64(2)` for one directory apart. Pure.
///
/// Left out and counted in ``refused``: a name that is empty, has a `/` in it or is longer than ``Name/bytesMax``, and
/// `.` and `..` when they come again. A NUL ends a name, as it does for every other program. A record whose length
/// cannot be ends the answer: where the next one begins is not known.
struct DirectoryParser: Sendable {
    /// `struct linux_dirent64`: d_ino u64, d_off i64, d_reclen u16, d_type u8, d_name until NUL.
    private static let nameOffset = 19

    private(set) var refused = 0
    /// `.` and `..`, which come once each.
    private var dotsSeen: [Bool] = [false, false]

    /// Entries in the directory's own order, without `.` and `..`.
    mutating func entries(in bytes: UnsafeRawBufferPointer) -> [DirectoryReader.Entry] {
        var entries: [DirectoryReader.Entry] = []
        var at = 0
        while at + Self.nameOffset <= bytes.count {
            let length = Int(bytes.loadUnaligned(fromByteOffset: at + 16, as: UInt16.self))
            guard length >= Self.nameOffset, at + length <= bytes.count else {
                refused += 1
                break
            }
            let field = bytes[(at + Self.nameOffset)..<(at + length)]
            let name = Name(Array(field.prefix { $0 != 0 }))
            if name.isDots {
                noteDots(name.bytes.count - 1)
            } else if name.isPossible {
                entries.append(
                    DirectoryReader.Entry(
                        name: name, inode: bytes.loadUnaligned(fromByteOffset: at, as: UInt64.self),
                        type: bytes[at + 18]))
            } else {
                refused += 1
            }
            at += length
        }
        return entries
    }

    private mutating func noteDots(_ which: Int) {
        if dotsSeen[which] { refused += 1 }
        dotsSeen[which] = true
    }
}
