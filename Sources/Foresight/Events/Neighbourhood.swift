/// The regular files of one folder, in the order in which the share lists them.
public struct FolderSnapshot: Sendable {
    public var number: FolderNumber
    public var files: [FileFacts]

    public init(number: FolderNumber, files: [FileFacts]) {
        self.number = number
        self.files = files
    }
}

/// What Foresight may ask about the tree while it decides: answered at once from what is known, never from the
/// share. The view answers from its node table; a replay from the recording's list of files.
public protocol Neighbourhood {
    /// The files of a folder; nil where its listing is not known (now).
    ///
    /// - Parameter filesMax: folders with more regular files than this may be answered with nil.
    func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot?

    /// The folder whose files a walk of the tree reaches after those of `folder`, going down into folders before
    /// across; nil at the end, or where that is not known.
    ///
    /// - Parameter byName: the walk takes folders by name; else in the order in which the share lists them.
    func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber?
}

/// Knows no neighbours: for block traces, where a file is a volume.
public struct NoNeighbourhood: Neighbourhood {
    public init() {}

    public func files(of folder: FolderNumber, filesMax: Int) -> FolderSnapshot? { nil }
    public func folder(after folder: FolderNumber, byName: Bool) -> FolderNumber? { nil }
}
