import Model
import Platform

/// Notices of what an answer brings.
///
/// The kernel takes attributes for out of date where it was told to forget the inode after it had asked for them. A program that
/// reads beyond the size which the kernel knows, and for which it has asked, is then at the end of the file; one that has mapped what
/// `stat` told him gets `SIGBUS`; and who may enter a folder since its mode was changed is refused, where the kernel has asked for no
/// more than that (a working directory, the root). The kernel drops a file's pages by itself, with the very answer that brings another
/// size, and a folder's with the next listing.
extension KnownNodes {
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
