public import Model

import Glibc

/// A file that is written for somebody, in a folder where others may have been before.
///
/// The one way in which Larder opens what people name for writing. A new file is created exclusively. What is there
/// already is looked at before it is opened (`O_PATH`), and exactly that is opened then, without waiting
/// (`O_NONBLOCK`): never a symbolic link, and only a regular file with one name that belongs to the caller; root takes
/// root's. Nothing is truncated before that is known.
public struct OutputFile: Sendable {
    /// What becomes of a regular file that is there.
    public enum Existing: Sendable {
        case refuse, append, truncate
    }

    /// What is taken besides regular files.
    public struct Others: OptionSet, Sendable {
        public var rawValue: Int

        public init(rawValue: Int) {
            self.rawValue = rawValue
        }

        /// Character devices of root's or the caller's: `/dev/null`, a terminal.
        public static let devices = Others(rawValue: 1)
        /// FIFOs of root's or the caller's that somebody reads already.
        public static let pipes = Others(rawValue: 2)
    }

    /// As it was named.
    public let path: String
    public let descriptor: DescriptorReference
    /// Where the regular file lies; nil for what is no regular file, and for descriptors named like files.
    public let place: GuardedPath?

    /// How often what disappears between two looks is looked for again.
    private static let attemptsMax = 8

    /// - Parameters:
    ///   - path: absolute or from the working directory; `/dev/stdout` and the like are descriptors as they are.
    ///   - existing: what to do with a regular file that is there; with `append`, each write goes to its end.
    ///   - mode: of a new file, less the umask.
    public static func open(
        _ path: String, existing: Existing, others: Others = [], mode: UInt32 = 0o600
    ) throws(FileRefusal) -> OutputFile {
        do throws(Errno) {
            if let inherited = try InheritedDescriptor.duplicate(path) {
                return OutputFile(
                    path: path, descriptor: DescriptorReference(inherited), place: nil)
            }
        } catch {
            throw .failed(path: path, error)
        }
        return try open(GuardedPath(path), existing: existing, others: others, mode: mode)
    }

    /// As ``open(_:existing:others:mode:)``, in a folder that is open.
    public static func open(
        _ place: GuardedPath, existing: Existing, others: Others = [], mode: UInt32 = 0o600
    ) throws(FileRefusal) -> OutputFile {
        for _ in 0..<attemptsMax {
            if let made = try create(place, mode: mode) { return made }
            if let found = try take(place, existing, others) { return found }
        }
        throw .failed(path: place.path, .busy)
    }

    /// - Returns: nil where something is there.
    private static func create(
        _ place: GuardedPath, mode: UInt32
    ) throws(FileRefusal) -> OutputFile? {
        do throws(Errno) {
            let file = try FileCalls.open(
                at: place.folder.rawValue, place.name.bytes,
                [.writeOnly, .create, .exclusive, .append, .noFollow, .nonBlocking], mode: mode)
            try FileCalls.makeBlocking(file.rawValue)
            return OutputFile(
                path: place.path, descriptor: DescriptorReference(file), place: place)
        } catch .exists {
            return nil
        } catch {
            throw .failed(path: place.path, error)
        }
    }

    /// - Returns: nil where nothing is there any more.
    private static func take(
        _ place: GuardedPath, _ existing: Existing, _ others: Others
    ) throws(FileRefusal) -> OutputFile? {
        let path = place.path
        let node: DescriptorReference
        let attributes: FileAttributes
        do throws(Errno) {
            node = DescriptorReference(
                try FileCalls.open(
                    at: place.folder.rawValue, place.name.bytes, [.pathOnly, .noFollow]))
            attributes = try node.withRawValue(FileCalls.attributes)
        } catch .noSuchFile {
            return nil
        } catch {
            throw .failed(path: path, error)
        }
        try check(attributes, path, existing, others)
        do throws(Errno) {
            let opened = try node.withRawValue { (raw) throws(Errno) in
                DescriptorReference(
                    try FileCalls.reopen(raw, [.writeOnly, .append, .nonBlocking, .noTerminal]))
            }
            try FileCalls.makeBlocking(opened.rawValue)
            if attributes.isRegular, existing == .truncate {
                try FileCalls.setSize(ofOpen: opened.rawValue, 0)
            }
            return OutputFile(
                path: path, descriptor: opened, place: attributes.isRegular ? place : nil)
        } catch .noSuchDevice where attributes.kind == .fifo {
            throw .nobodyReads(path: path)
        } catch {
            throw .failed(path: path, error)
        }
    }

    private static func check(
        _ attributes: FileAttributes, _ path: String, _ existing: Existing, _ others: Others
    ) throws(FileRefusal) {
        let isOurs = attributes.userID == Environment.userID
        let isTrusted = isOurs || attributes.userID == 0
        switch attributes.kind {
        case .regular:
            guard existing != .refuse else { throw .failed(path: path, .exists) }
            guard isOurs else { throw .foreign(path: path, owner: attributes.userID) }
            guard attributes.linkCount <= 1 else { throw .linked(path: path) }
        case .symbolicLink: throw .symbolicLink(path: path)
        case .fifo where others.contains(.pipes), .characterDevice where others.contains(.devices):
            guard isTrusted else { throw .foreign(path: path, owner: attributes.userID) }
        case let kind: throw .notRegular(path: path, kind)
        }
    }

    // MARK: - Its name

    /// Whether the name still leads to this file.
    public var isNamed: Bool {
        guard let place,
            let named = try? FileCalls.attributes(at: place.folder.rawValue, place.name),
            let opened = try? FileCalls.attributes(of: descriptor.rawValue)
        else { return false }
        return named.inode == opened.inode && named.device == opened.device
    }

    /// Gives the file another name in the same folder, in place of what has it.
    public func rename(to name: Name) throws(Errno) {
        guard let place else { throw .invalid }
        try FileCalls.rename(at: place.folder.rawValue, place.name.bytes, to: name.bytes)
    }

    /// Takes its name away, unless that leads to something else by now.
    public func remove() {
        guard isNamed, let place else { return }
        try? FileCalls.unlink(at: place.folder.rawValue, place.name.bytes)
    }
}
