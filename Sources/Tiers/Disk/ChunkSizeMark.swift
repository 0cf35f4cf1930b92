import Model
import Platform

/// Remembers from one run to the next how what is stored was cut.
///
/// `SIZES` in the share's cache directory: the SHA-256 of what decides chunk sizes (``ContentRules/cutting``) in hexadecimal, and ` mixed` where
/// objects from before it may be stored. As long as everything was cut by the rules of today, nobody looks whether a file is
/// stored in chunks of another size.
enum ChunkSizeMark {
    private static let mixed = " mixed"

    /// Blocks for the local disk, and flushes it where the mark changes. Before anything is stored.
    ///
    /// - Parameter isEmpty: nothing is stored; false where that is not sure.
    /// - Returns: whether what is stored may be cut otherwise than `rules` say.
    static func note(_ root: DescriptorReference, _ rules: ContentRules, isEmpty: Bool) -> Bool {
        let now = MessageDigest.sha256(rules.cutting).hexadecimal
        let known = (try? DiskMark.read(root, DiskMark.sizes, bytesMax: 128)).map {
            String(decoding: $0, as: UTF8.self)
        }
        let isMixed = !isEmpty && known != now + "\n"
        let wanted = now + (isMixed ? mixed : "") + "\n"
        if known != wanted { try? DiskMark.write(root, DiskMark.sizes, Array(wanted.utf8)) }
        return isMixed
    }
}
