public import Model
import Platform

/// Whether two names of a folder that differ in case alone are one.
public enum SpellingAnswer: Sendable, Hashable {
    /// They are, and lead to this.
    case one(FileAttributes)
    /// Each is a name of its own; the one that was asked for leads to this, or nowhere.
    case two(FileAttributes?)
    /// It cannot be told. The one that was asked for leads to this, or nowhere.
    case unknown(FileAttributes?)
}

/// What is to be found out of a name that no listing has.
public struct SpellingQuestion: Sendable, Hashable {
    public var asked: ShareLocation
    /// A name that is listed, and differs in case alone.
    public var known: ShareLocation
    /// A spelling that nobody has asked for.
    public var untried: ShareLocation?
    /// Of this name; it may be another one than `known`.
    public var untriedOf: ShareLocation?
    /// The share has ignored case wherever that was tried. Where no spelling is left to try, one file by both names will do.
    public var isLikely: Bool

    public init(
        asked: ShareLocation, known: ShareLocation, untried: ShareLocation? = nil,
        untriedOf: ShareLocation? = nil, isLikely: Bool = false
    ) {
        self.asked = asked
        self.known = known
        self.untried = untried
        self.untriedOf = untriedOf
        self.isLikely = isLikely
    }
}

extension Share {
    /// Asks for a name, and whether it is another spelling of one that is listed: by a further spelling, which nobody has made. A
    /// share that finds the same by that one looks at no case.
    ///
    /// That both names lead to one file does not say so: it may have been renamed elsewhere from the one to the other, while the
    /// share's client remembers the one. Two to four round trips to the share.
    public func tellApart(
        _ question: SpellingQuestion,
        completion: @escaping @Sendable (Result<SpellingAnswer, Errno>) -> Void
    ) {
        scheduler.submit(.demand) { () throws(Errno) -> SpellingAnswer in
            try self.compare(question)
        } completion: {
            completion($0)
        }
    }

    private func compare(_ question: SpellingQuestion) throws(Errno) -> SpellingAnswer {
        guard let found = try attributesIfThere(question.asked) else {
            return try isThere(question.known) ? .two(nil) : .unknown(nil)
        }
        guard let untried = question.untried, let named = question.untriedOf else {
            guard question.isLikely, found.isDirectory || !found.hasSeveralNames,
                let known = try attributesIfThere(question.known), isOne(found, known)
            else { return .unknown(found) }
            return .one(known)
        }
        guard let spelled = try attributesIfThere(untried) else {
            return try isThere(named) ? .two(found) : .unknown(found)
        }
        guard let known = try attributesIfThere(question.known) else { return .unknown(found) }
        let other = named == question.known ? known : try attributesIfThere(named)
        if let other, isOne(spelled, other) { return .one(known) }
        // The case of another alphabet's letters counts, that of these does not.
        return isOne(spelled, found) && !isOne(found, known) ? .two(found) : .unknown(found)
    }

    private func isOne(_ one: FileAttributes, _ other: FileAttributes) -> Bool {
        let isSameNumber =
            one.device == other.device && one.inode == other.inode && one.kind == other.kind
            && one.generation == other.generation
        return isSameNumber || !nature.inodesLast && one.isLike(other)
    }

    /// Where numbers do not tell, what else is said of two names is compared: the client of a server may remember another time
    /// by each.
    private func attributesIfThere(_ location: ShareLocation) throws(Errno) -> FileAttributes? {
        guard nature.inodesLast else { return try attributesNow(at: location) }
        do throws(Errno) {
            return try attributes(at: location)
        } catch .noSuchFile {
            return nil
        }
    }

    private func isThere(_ location: ShareLocation) throws(Errno) -> Bool {
        try attributesNow(at: location) != nil
    }

    /// What the server says now, whatever its client remembers; nil where it does not have the name.
    func attributesNow(at location: ShareLocation) throws(Errno) -> FileAttributes? {
        do throws(Errno) {
            let found = try measured { () throws(Errno) in
                try withParent(of: location) { (parent, name) throws(Errno) in
                    try onBehalfOfOwner(of: parent) { () throws(Errno) in
                        let node = try openNode(beneath: parent, name)
                        return try attributesNow(ofOpen: node.rawValue)
                    }
                }
            }
            return found.linkCount > 0 || !nature.countsLinks ? found : nil
        } catch {
            guard error == .noSuchFile || error == .stale else { throw error }
            return nil
        }
    }
}

extension FileAttributes {
    /// Whether nothing but the inode number says that it is another file.
    fileprivate func isLike(_ other: FileAttributes) -> Bool {
        kind == other.kind && size == other.size && modified == other.modified
            && changed == other.changed && mode == other.mode && userID == other.userID
            && groupID == other.groupID
    }
}
