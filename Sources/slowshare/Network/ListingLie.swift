import Model

/// What a hostile or broken share says of its folders; of all but the root. Pure.
enum ListingLie: Hashable, Sendable {
    /// The truth.
    case none
    /// Every entry twice.
    case double
    /// `.` and `..` after every entry.
    case dots
    /// In the middle, a name that cannot be one.
    case slash, empty, long
    /// Files whose name begins with ``mark`` have a mode without a type, or no attributes at all (`EIO`).
    case typeless, unreadable
    /// The same entries again and again.
    case circle
    /// Files that are nowhere but here, behind those that there are: so many, or without an end.
    case many(Int), endless

    /// How the names of files begin of which something is wrong.
    static let mark = Array("bad".utf8)
    /// Bytes of a name that is too long: the kernel's own bound for FUSE is 1,024, and 255 everybody's.
    private static let longName = 300

    init?(_ words: ArraySlice<String>) {
        switch (words.first, words.count) {
        case ("none", 1): self = .none
        case ("double", 1): self = .double
        case ("dots", 1): self = .dots
        case ("slash", 1): self = .slash
        case ("empty", 1): self = .empty
        case ("long", 1): self = .long
        case ("typeless", 1): self = .typeless
        case ("unreadable", 1): self = .unreadable
        case ("circle", 1): self = .circle
        case ("endless", 1): self = .endless
        case ("many", 2):
            guard let count = words.last.flatMap({ Int($0) }), count >= 1 else { return nil }
            self = .many(count)
        default: return nil
        }
    }

    /// What the share lists at a position; nil at the end.
    ///
    /// - Parameter real: what there is, with `.` and `..` first.
    func entry(at position: Int, of real: [OpenDirectory.Entry]) -> OpenDirectory.Entry? {
        switch self {
        case .none, .typeless, .unreadable:
            return position < real.count ? real[position] : nil
        case .double:
            return position / 2 < real.count ? real[position / 2] : nil
        case .dots:
            guard position / 2 < real.count else { return nil }
            return position % 2 == 0 ? real[position / 2] : real[position / 2 % 2]
        case .slash, .empty, .long:
            let middle = (real.count + 2) / 2
            guard position <= real.count else { return nil }
            if position == middle {
                return OpenDirectory.Entry(name: badName, inode: 7, type: 8)
            }
            return real[position < middle ? position : position - 1]
        case .circle:
            guard position >= 2, real.count > 2 else { return position < 2 ? real[position] : nil }
            return real[2 + (position - 2) % (real.count - 2)]
        case .many(let count):
            guard position < real.count + count else { return nil }
            return position < real.count ? real[position] : MadeUpFile(position - real.count).entry
        case .endless:
            return position < real.count ? real[position] : MadeUpFile(position - real.count).entry
        }
    }

    private var badName: Name {
        switch self {
        case .slash: Name("../etc")
        case .long: Name([UInt8](repeating: UInt8(ascii: "l"), count: Self.longName))
        default: Name("")
        }
    }

    /// The made-up file of a name, where there are some.
    func madeUp(_ name: Name) -> MadeUpFile? {
        guard let file = MadeUpFile(name) else { return nil }
        switch self {
        case .many(let count): return file.number < count ? file : nil
        case .endless: return file
        default: return nil
        }
    }

    /// - Throws: `EIO` for what the share will not say.
    func attributes(_ name: Name, _ real: FileAttributes) throws(Errno) -> FileAttributes {
        guard name.bytes.starts(with: Self.mark) else { return real }
        switch self {
        case .unreadable: throw .ioError
        case .typeless:
            var shown = real
            shown.mode &= ~FileAttributes.kindMask
            return shown
        default: return real
        }
    }
}
