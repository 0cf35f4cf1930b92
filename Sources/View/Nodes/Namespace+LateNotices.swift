import Model
import Platform

/// Notices of what an answer brings.
///
/// The kernel takes attributes for out of date where it was told to forget the inode after it had asked for them. A program that
/// reads beyond the size which the kernel knows, and for which it has asked, is then at the end of the file; one that has mapped what
/// `stat` told him gets `SIGBUS`; and who may enter a folder since its mode was changed is refused, where the kernel has asked for no
/// more than that (a working directory, the root). The kernel drops a file's pages by itself, with the very answer that brings another
/// size, and a folder's with the next listing.
extension Namespace {
    /// By then whoever asked has the answer.
    private static let lateness = Duration.seconds(1)

    /// For the case that the kernel had a reason to take none of the answer, and finds the attributes as they were in the next one.
    func tellLater(_ notices: [NodeTable.Effects.Notice]) {
        guard !notices.isEmpty else { return }
        delays.submit(due: clock.monotonic + Self.lateness) { [invalidator] in
            invalidator.add(notices)
        }
    }
}

extension NodeTable {
    /// The size that the kernel knows of a file, unless it has taken none of an answer.
    func toldSize(of id: NodeID) -> Int64? {
        guard let attributes = self[id]?.attributes, attributes.isRegular else { return nil }
        return toldSizes[id] ?? attributes.size
    }
}

extension NodeTable.Effects {
    /// Takes out the notice of that whose attributes are the answer: of a file where they bring another size than the kernel was told
    /// (without that it keeps pages which may be old), of anything else always.
    mutating func takeNotice(
        of id: NodeID, _ told: Int64?, _ answer: FileAttributes
    ) -> [Notice] {
        let isWithoutPages = answer.isRegular ? told != nil && told != answer.size : true
        guard isWithoutPages, let index = notices.firstIndex(of: .inode(id)) else { return [] }
        return [notices.remove(at: index)]
    }
}
