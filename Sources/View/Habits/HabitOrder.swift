import Foresight
import Habits
import Model
import Platform

/// The order of folders by the names of their files, as far as they have been shown to it lately.
struct HabitOrder: FolderOrder, Sendable {
    /// Folders with more files than this are no series of anything.
    static let filesMax = 512
    /// How long a folder counts as it was shown.
    private static let lifetime = Duration.seconds(60)

    /// Folders at a time.
    private let foldersMax: Int
    private var order = NamedOrder()
    /// When each folder was shown, monotonic.
    private var shownAt: [UInt64: Duration] = [:]

    init(foldersMax: Int = 64) {
        self.foldersMax = foldersMax
    }

    /// Files of a folder itself, or of a part of it.
    typealias Contents = (part: Name?, files: [(name: Name, size: Int64)])

    /// Whether a folder has been shown lately.
    func knows(_ folder: RelativePath, at now: Duration) -> Bool {
        shownAt[HabitKeeper.number(of: folder)].map { now - $0 < Self.lifetime } ?? false
    }

    /// Takes in what a folder holds, and those of its parts that were looked at.
    ///
    /// - Parameter paths: learns those of its files.
    mutating func show(
        _ folder: RelativePath, _ contents: [Contents], _ rules: ContentRules,
        _ paths: inout RecentTable<UInt64, RelativePath>, at now: Duration
    ) {
        if shownAt.count >= foldersMax {
            order = NamedOrder()
            shownAt.removeAll()
        }
        let number = HabitKeeper.number(of: folder)
        shownAt[number] = now
        for (part, files) in contents {
            let name = part?.description ?? ""
            guard files.count <= Self.filesMax else {
                order.set([], of: number, part: name)
                continue
            }
            let place = part.map { folder.appending($0) } ?? folder
            let found = files.map { file, size -> HabitFile in
                let path = place.appending(file)
                let number = HabitKeeper.number(of: path)
                if paths.value(for: number) == nil { _ = paths.insert(path, for: number) }
                return HabitFile(
                    file: number, name: file.description, size: size,
                    type: rules.type(of: path, size: size))
            }
            order.set(found, of: number, part: name)
        }
    }

    func next(after file: UInt64, in folder: UInt64) -> HabitFile? {
        order.next(after: file, in: folder)
    }

    func relationship(of file: UInt64, to other: UInt64) -> RelatedProbability.Relationship {
        order.relationship(of: file, to: other)
    }
}
