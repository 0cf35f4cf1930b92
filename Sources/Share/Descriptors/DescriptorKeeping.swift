/// How long descriptors stay open that nobody needs at the moment.
///
/// To open a file again costs a round trip, and players and scanners close and open theirs many times a second. But what is
/// open keeps a deleted file's space on the share, and a folder from being removed where open files are hidden.
enum DescriptorKeeping {
    /// A file that nobody has open in the view is kept for so long behind its last use.
    static let filePatience = Duration.seconds(1)
    /// Of those, at most.
    static let filesMax = 32
    /// Folders (`O_PATH`, of which a share knows nothing) beyond ``foldersMax`` are kept for so long behind their last use,
    static let folderPatience = Duration.seconds(1)
    /// and all others for so long: a walk down to a file asks for each folder on the way.
    static let idleFolderPatience = Duration.seconds(10)
    static let foldersMax = 32

    /// Which of the files that nobody has open are let go.
    ///
    /// - Parameter kept: each with its last use (monotonic), in any order.
    static func surplus<File>(
        of kept: [(file: File, usedAt: Duration)], at now: Duration
    ) -> [File] {
        let newestFirst = kept.sorted { $0.usedAt > $1.usedAt }
        return newestFirst.enumerated().compactMap { place, entry in
            place >= filesMax || now - entry.usedAt >= filePatience ? entry.file : nil
        }
    }

    /// Whether the folder that was used longest ago, of `count`, is let go.
    static func isSurplus(folderUsedAt usedAt: Duration, of count: Int, at now: Duration) -> Bool {
        now - usedAt >= (count > foldersMax ? folderPatience : idleFolderPatience)
    }
}
